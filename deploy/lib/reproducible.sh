# Builds the two jars a second time, in a copy of the sources, and compares: same sources, same bytes. The second time
# JAVA_HOME names the JDK 25, whatever java is on the PATH: Maven itself runs on it then. Sourced.

check_reproducible() {
    local copy jar java
    java=$(find_java)
    copy=$(mktemp -d)
    (cd "$root" && tar -c --exclude=./target --exclude='./*/target' --exclude=./.git .) | tar -x -C "$copy"
    (cd "$copy" && JAVA_HOME=${java%/bin/java} mvn -q -B -o -DskipTests -Dstart-cache.skip=true -pl signaling,engine package) || fail "the second build failed"
    for jar in signaling/target/cyphonic-cloud.jar engine/target/cyphonic-engine.jar; do
        cmp "$root/$jar" "$copy/$jar" || fail "$jar differs between two builds of the same sources"
    done
    rm -rf "$copy"
    say "both jars are the same, byte for byte, when built again"
}
