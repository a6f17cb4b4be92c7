# The training run behind the start-up caches: a cloud and two nodes in two network namespaces that vanish with it, the
# programs themselves with the flags they always run with, one of each recorded. Sourced by deploy/start-cache.

TRAINING_LIMIT_SECONDS=180

# train WORK: leaves {node,commands,cloud,cloud-commands}.recording in the folder.
train() {
    local user=()
    # Somebody else than root is root in a namespace of his own, where that is allowed.
    [ "$(id -u)" = 0 ] || user=(--map-root-user)
    timeout -k 5 "$TRAINING_LIMIT_SECONDS" unshare "${user[@]}" --net --pid --fork --mount-proc --kill-child \
        bash -c '. "$0/lib/jdk.sh"; . "$0/lib/training.sh"; here=$0; training "$1"' "$here" "$1" >"$1/training.log" 2>&1
}

# Everything below runs inside the first namespace. When this shell ends, so does everything it started.
training() {
    set -euo pipefail
    work=$1
    export CYPHONIC_START_CACHE=off
    two_hosts
    "$here/bin/cyphonic-cloud" init --dir "$work/cloud" --listen 10.83.0.1 --listen fd83::1
    env "$(recording cloud)" "$here/bin/cyphonic-cloud" serve --dir "$work/cloud" >"$work/cloud.out" &
    local cloud=$!
    wait_for_ready "$work/cloud.out" "$cloud"
    env "$(recording cloud-commands)" "$here/bin/cyphonic-cloud" training -- \
        invite alice --dir "$work/cloud" -- invite bob --dir "$work/cloud" -- invite carol --dir "$work/cloud" \
        -- devices --dir "$work/cloud" -- devices --json --dir "$work/cloud" >"$work/invitations"
    mapfile -t invitations < <(grep '^cyphonic-' "$work/invitations")
    "$here/bin/cyphonic" join "${invitations[0]}" --dir "$work/alice" &
    local joining=$!
    "$here/bin/cyphonic" join "${invitations[1]}" --dir "$work/bob"
    wait "$joining"
    env "$(recording node)" "$here/bin/cyphonic" up --dir "$work/alice" >"$work/alice.out" &
    local alice=$!
    "${there[@]}" "$here/bin/cyphonic" up --dir "$work/bob" >"$work/bob.out" &
    local bob=$!
    wait_for_ready "$work/alice.out" "$alice"
    wait_for_ready "$work/bob.out" "$bob"
    # The first tunnel is of Bob's making, so that Alice learns to answer; after that it is her turn.
    "${there[@]}" "$here/bin/cyphonic" ping alice -c 2 --dir "$work/bob"
    kill "$bob"
    wait "$bob"
    "${there[@]}" "$here/bin/cyphonic" up --dir "$work/bob" >"$work/bob.out" &
    bob=$!
    wait_for_ready "$work/bob.out" "$bob"
    names "$(virtual_address alice)" "$(virtual_address bob)"
    single_packets "$(virtual_address bob 4)"
    env "$(recording commands)" "$here/bin/cyphonic" training -- \
        ping bob -c 3 --dir "$work/alice" -- status --dir "$work/alice" -- status --json --dir "$work/alice" \
        -- netcheck --dir "$work/alice" -- join "${invitations[2]}" --dir "$work/carol"
    traffic "$(virtual_address alice)" "$(virtual_address bob)"
    kill "$alice" "$bob"
    wait "$alice"
    wait "$bob"
    kill "$cloud"
    wait "$cloud"
}

# A second namespace, held by a sleeping process, and a cable to it.
two_hosts() {
    unshare --net sleep "$TRAINING_LIMIT_SECONDS" &
    second=$!
    local own
    own=$(readlink "/proc/self/ns/net")
    while [ "$(readlink "/proc/$second/ns/net")" = "$own" ]; do sleep 0.02; done
    there=(nsenter "--net=/proc/$second/ns/net")
    ip link set lo up
    ip link add up0 type veth peer name up0 netns "$second"
    ip addr add 10.83.0.1/24 dev up0
    ip addr add fd83::1/64 dev up0 nodad
    ip link set up0 up
    "${there[@]}" ip link set lo up
    "${there[@]}" ip addr add 10.83.0.2/24 dev up0
    "${there[@]}" ip addr add fd83::2/64 dev up0 nodad
    "${there[@]}" ip link set up0 up
}

# recording NAME: the variable that makes a launcher record what its JVM loads and how its methods behave.
recording() {
    echo "CYPHONIC_JAVA_OPTIONS=-XX:AOTMode=record -XX:AOTConfiguration=$work/$1.recording"
}

# wait_for_ready OUTPUT PID
wait_for_ready() {
    while ! grep -qs '^ready' "$1"; do
        kill -0 "$2"
        sleep 0.05
    done
}

# virtual_address NODE [FIELD]: from "ready alice.cyphonic.internal 10.121.0.1 fd1a::1 on cyphonic0".
virtual_address() { awk -v "field=${2:-3}" '/^ready/ { print $field }' "$work/$1.out"; }

# names RESOLVER ADDRESS: asks for both kinds of address of Bob, for the name behind an address of his, for nobody, and for a
# name that is not of this network (DNS messages by hand: a host may have no program for it). Nobody reads the answers.
names() {
    local question octets
    IFS=. read -ra octets <<<"$2"
    for question in '\003bob\010cyphonic\010internal\0\0\001' '\003bob\010cyphonic\010internal\0\0\034' \
        "$(label "${octets[3]}" "${octets[2]}" "${octets[1]}" "${octets[0]}" in-addr arpa)"'\0\0\014' \
        '\006nobody\010cyphonic\010internal\0\0\001' '\007example\003com\0\0\001'; do
        printf '\022\064\001\0\0\001\0\0\0\0\0\0'"$question"'\0\001' >"/dev/udp/$1/53" || true
        sleep 0.1
    done
}

# label WORD...: each with its length before it, as printf wants it.
label() {
    local word
    for word in "$@"; do printf '\\%03o%s' "${#word}" "$word"; done
}

# single_packets THERE: nobody listens, so the answers are ICMP messages.
single_packets() {
    local i
    for i in {1..200}; do
        echo >"/dev/udp/$1/9" || true
        sleep 0.002
    done 2>/dev/null
}

# traffic HERE THERE: single packets, then as much TCP as goes, one way after the other.
traffic() {
    single_packets "$2"
    mkdir "$work/www"
    truncate -s 600M "$work/www/bulk"
    locate_java
    "$REPLY" -m jdk.httpserver -b "$1" -p 8000 -d "$work/www" &
    "${there[@]}" "$REPLY" -m jdk.httpserver -b "$2" -p 8000 -d "$work/www" &
    fetch "$2"
    second_fetch "$1"
}

fetch() {
    local tries
    for tries in {1..100}; do
        if exec 3<>"/dev/tcp/$1/8000"; then
            printf 'GET /bulk HTTP/1.0\r\n\r\n' >&3
            timeout 3 cat <&3 >/dev/null || true
            exec 3>&-
            return
        fi 2>/dev/null
        sleep 0.05
    done
}

second_fetch() { "${there[@]}" bash -c "$(declare -f fetch); fetch $1"; }
