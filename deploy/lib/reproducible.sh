# Builds the two jars a second time, in a copy of the sources, and compares: same sources, same bytes. Sourced.

check_reproducible() {
    local copy jar
    copy=$(mktemp -d)
    (cd "$root" && tar -c --exclude=./target --exclude='./*/target' --exclude=./.git .) | tar -x -C "$copy"
    (cd "$copy" && mvn -q -B -o -DskipTests -Dstart-cache.skip=true -pl signaling,engine package) || fail "the second build failed"
    for jar in signaling/target/cyphonic-cloud.jar engine/target/cyphonic-engine.jar; do
        cmp "$root/$jar" "$copy/$jar" || fail "$jar differs between two builds of the same sources"
    done
    rm -rf "$copy"
    say "both jars are the same, byte for byte, when built again"
}
