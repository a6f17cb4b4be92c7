# What the scripts need before they can work. Sourced; the caller has set -euo pipefail and $root.

. "$root/deploy/lib/jdk.sh"

say() { printf '== %s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

need_root() {
    [ "$(id -u)" = 0 ] || fail "needs root: it makes network namespaces and TUN devices. Try: sudo $0"
}

# install_packages PROGRAM:PACKAGE ... installs the packages whose programs are missing.
install_packages() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair%%:*}" >/dev/null 2>&1 || missing+=("${pair#*:}")
    done
    [ ${#missing[@]} = 0 ] && return 0
    command -v apt-get >/dev/null 2>&1 || fail "needs the packages: ${missing[*]}. Install them and start again."
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get -o DPkg::Lock::Timeout=120 update -qq || fail "apt-get update failed; install by hand: ${missing[*]}"
    apt-get -o DPkg::Lock::Timeout=120 install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail "could not install: ${missing[*]}"
}

# Fast packet encryption. The engine works without it, more slowly, so a system that lacks it is no failure.
want_ipsec_mb() {
    [ "$(uname -m)" = x86_64 ] || return 0
    ldconfig -p | grep -q 'libIPSec_MB\.so\.1' && return 0
    (install_packages no-such-program:libipsec-mb1) || say "going on without libipsec-mb1: encryption by the Java platform"
}

# Installs a JDK 25 where the distribution has one and none is found.
need_jdk() {
    find_java >/dev/null 2>&1 && return 0
    if command -v apt-cache >/dev/null 2>&1; then
        apt-get update -qq || true
        if apt-cache show openjdk-25-jdk-headless >/dev/null 2>&1; then
            install_packages javac-25:openjdk-25-jdk-headless
        fi
    fi
    find_java >/dev/null || exit 1
}

need_tun() {
    [ -e /dev/net/tun ] || { mkdir -p /dev/net && mknod /dev/net/tun c 10 200 2>/dev/null; } || true
    [ -c /dev/net/tun ] || fail "there is no /dev/net/tun: load the tun module (modprobe tun) or give the container the device"
}

# Builds the jars unless they are newer than every source.
build() {
    if stale "$root/engine/target/cyphonic-engine.jar" || stale "$root/signaling/target/cyphonic-cloud.jar"; then
        package
    fi
}

# The same for the benchmarks and races, which need no start-up caches.
build_bench() {
    local jar=$root/bench/target/cyphonic-bench.jar
    if stale "$jar" "$root/bench/src/races"; then
        package -Dstart-cache.skip=true
        # Where only the races have changed, it is what it was.
        touch "$jar"
    fi
}

# stale JAR FOLDER ...: whether there is no such jar, or a source, of those in the folders too, is newer.
stale() {
    local jar=$1
    shift
    [ ! -f "$jar" ] ||
        [ -n "$(find "$root/pom.xml" "$root"/*/pom.xml "$root"/*/src/main "$@" -newer "$jar" -type f -print -quit)" ]
}

# Standard output is for figures.
package() {
    say "building (the first time downloads the libraries)" >&2
    (cd "$root" && mvn -q -B -DskipTests "$@" package) || fail "the build failed"
}
