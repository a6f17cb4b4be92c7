# What bench/study, bench/heat and bench/tune need before they can work. Sourced; the caller has set -euo pipefail and $root.

. "$root/deploy/lib/prerequisites.sh"

# Packages that bring a service start it when they are installed; the scripts run a node exporter of their own.
install_exporter() {
    command -v prometheus-node-exporter >/dev/null 2>&1 && return 0
    local policy=/usr/sbin/policy-rc.d made=
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        made=1
    fi
    (install_packages prometheus-node-exporter:prometheus-node-exporter) ||
        say "without prometheus-node-exporter the report has no figures of the whole machine"
    [ -z "$made" ] || rm -f "$policy"
}

# Debian's matplotlib belongs to Debian's Python, which need not be the first on the PATH.
plotting_python() {
    local candidate
    for candidate in python3 /usr/bin/python3; do
        "$candidate" -c 'import matplotlib' 2>/dev/null && { command -v "$candidate"; return 0; }
    done
    return 1
}

install_plots() {
    plotting_python >/dev/null && return 0
    export DEBIAN_FRONTEND=noninteractive
    say "installing python3-matplotlib"
    apt-get update -qq || fail "apt-get update failed; install python3-matplotlib by hand"
    apt-get install -y -qq --no-install-recommends python3-matplotlib fonts-dejavu-core >/dev/null ||
        fail "could not install python3-matplotlib"
}

# run_study SCRIPT ARGUMENT ... installs what is missing, builds and runs; --help needs nothing but python3.
run_study() {
    local script=$root/$1
    shift
    export PYTHONDONTWRITEBYTECODE=1
    install_packages python3:python3
    case " $* " in *" --help "* | *" -h "*) exec python3 "$script" "$@" ;; esac
    install_plots
    local python
    python=$(plotting_python) || fail "python3-matplotlib is installed, but no python3 finds it"
    case " $* " in *" --report "*) exec "$python" "$script" "$@" ;; esac
    need_root
    need_tun
    install_packages ip:iproute2 ping:iputils-ping iperf3:iperf3 mvn:maven git:git
    install_exporter
    want_ipsec_mb
    need_jdk
    build
    exec "$python" "$script" "$@"
}
