# The start-up caches (JDK AOT caches, JEP 483, 514 and 515): loaded and linked classes and the method profiles of a
# training run. Sourced by the launchers, which use them, and by deploy/start-cache, which makes them.
#
# A cache is a file whose name says what it was made for: the java program, its flags, every jar with length and time.
# So a cache that does not fit is never even looked at, and one appears whole (by a rename) or not at all.

# cache_name KIND JAVA ARGS JAR: puts the file name into REPLY.
cache_name() {
    local jars
    jars=("${4%/*}"/lib/*.jar)
    REPLY=$(stat -L -c '%n %s %Y' "$2" "$3" "$4" "${jars[@]}" 2>/dev/null | cksum) || true
    REPLY=$1-${REPLY// /-}.aot
}

# cache_directory JAR: puts the folder of a jar's caches into REPLY.
cache_directory() {
    # Under systemd CACHE_DIRECTORY is the folder of a CacheDirectory= setting.
    REPLY=${CYPHONIC_CACHE:-${CACHE_DIRECTORY:-${1%/*}/start-cache}}
}

# cache_usable FILE: exists, and nobody else could have put code into it: a cache is as good as a jar.
cache_usable() {
    local owner_and_mode
    [ -r "$1" ] && owner_and_mode=$(stat -c '%u %A' "$1") || return 1
    [[ $owner_and_mode =~ ^(0|$EUID)\ ..........$ && $owner_and_mode != *?????w???? && $owner_and_mode != *????????w? ]]
}

# start_cache_option KIND JAVA ARGS JAR: puts the flag for the JVM into REPLY, or nothing.
start_cache_option() {
    local directory file
    cache_directory "$4"
    directory=$REPLY
    cache_name "$@"
    file=$directory/$REPLY
    REPLY=
    if [ "${CYPHONIC_START_CACHE:-on}" = off ]; then
        return 0
    elif cache_usable "$file"; then
        REPLY=-XX:AOTCache=$file
    elif [[ $1 != *command ]]; then
        make_it_later "$directory" "$file"
    fi
}

# make_it_later DIRECTORY FILE: one line on standard error, and a cache for the next start if that is possible.
make_it_later() {
    if [ -e "${2%.aot}.failed" ]; then
        echo "cyphonic: starting without a start-up cache: making one failed before, ${2%.aot}.failed says why" >&2
    elif ! mkdir -p "$1" 2>/dev/null || [ ! -w "$1" ]; then
        echo "cyphonic: starting without a start-up cache: $1 cannot be written" >&2
    else
        echo "cyphonic: starting without a start-up cache; making one in the background for the next time" >&2
        setsid -f nice -n 19 "$here/start-cache" --quiet </dev/null >/dev/null 2>&1 || true
    fi
}

# launch KIND ARGS JAR ARGUMENTS...: replaces this process by the java program.
launch() {
    local kind=$1 args=$here/jvm/$2.args jar=$3 java quiet= began=${EPOCHREALTIME//[.,]/}
    shift 3
    locate_java || exit 1
    java=$REPLY
    start_cache_option "$kind" "$java" "$args" "$jar"
    # A cache that turns out to be unusable is reported on standard error by what runs long; a command works without
    # one, and its standard error is for its own words. Programs read standard output.
    [[ $kind != *command ]] || quiet="-Xlog:aot*=off:stderr"
    exec "$java" "@$args" ${REPLY:+"$REPLY" -Dcyphonic.start-cache=true "-Dcyphonic.start-micros=$began"} -Xlog:disable -Xlog:all=warning:stderr $quiet \
        ${CYPHONIC_JAVA_OPTIONS:-} \
        -jar "$jar" "$@"
}
