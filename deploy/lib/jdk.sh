# Finds a Java runtime of version 25 or later. Sourced by the launchers and the scripts.
#
# Looks at CYPHONIC_JAVA, JAVA_HOME, the java on the PATH and the usual folder of installed JDKs, in this order. Starts no
# other program where it can: every start of a node waits for it.

# Puts the major version of a java program into REPLY.
java_major() {
    local line program=$1
    REPLY=0
    # Installed JDKs say their version in a file; asking the runtime itself takes a quarter of a second.
    [ -r "${program%/bin/java}/release" ] || program=$(readlink -f "$program")
    if [ -r "${program%/bin/java}/release" ]; then
        while IFS= read -r line; do
            if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
                REPLY=${BASH_REMATCH[1]}
                return
            fi
        done < "${program%/bin/java}/release"
    fi
    line=$("$1" -XshowSettings:properties -version 2>&1) || return 0
    [[ $line =~ java\.specification\.version\ =\ ([0-9]+) ]] && REPLY=${BASH_REMATCH[1]}
}

# Puts the path of a java of version 25 or later into REPLY, or fails with one clear line on standard error.
locate_java() {
    local candidate
    for candidate in "${CYPHONIC_JAVA:-}" "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(type -P java || true)" \
        /usr/lib/jvm/*/bin/java /opt/*/bin/java; do
        [ -n "$candidate" ] && [ -x "$candidate" ] || continue
        java_major "$candidate"
        if [ "$REPLY" -ge 25 ]; then
            REPLY=$candidate
            return 0
        fi
    done
    echo "cyphonic: no Java 25 found. Install a JDK 25 or later (for example Eclipse Temurin 25: package" \
        "temurin-25-jdk of the Adoptium repository) or set CYPHONIC_JAVA to its java program." >&2
    return 1
}

# Prints what locate_java finds.
find_java() {
    local REPLY
    locate_java && echo "$REPLY"
}
