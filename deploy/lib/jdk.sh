# Finds a Java runtime of version 25 or later. Sourced by the launchers and the scripts.
#
# Looks at CYPHONIC_JAVA, JAVA_HOME, the java on the PATH and the usual folder of installed JDKs, in this order.

java_major() {
    "$1" -XshowSettings:properties -version 2>&1 | sed -n 's/^ *java\.specification\.version = \([0-9]*\).*/\1/p'
}

# Prints the path of a java of version 25 or later, or fails with one clear line on standard error.
find_java() {
    local candidate major
    for candidate in "${CYPHONIC_JAVA:-}" "${JAVA_HOME:+$JAVA_HOME/bin/java}" "$(command -v java || true)" \
        /usr/lib/jvm/*/bin/java /opt/*/bin/java; do
        [ -n "$candidate" ] && [ -x "$candidate" ] || continue
        # Installed JDKs say their version in a file; asking the runtime itself takes longer.
        major=$(sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "${candidate%/bin/java}/release" 2>/dev/null)
        [ -n "$major" ] || major=$(java_major "$candidate")
        if [ "${major:-0}" -ge 25 ]; then
            echo "$candidate"
            return 0
        fi
    done
    echo "cyphonic: no Java 25 found. Install a JDK 25 or later (for example Eclipse Temurin 25: package" \
        "temurin-25-jdk of the Adoptium repository) or set CYPHONIC_JAVA to its java program." >&2
    return 1
}
