#!/usr/bin/env bash
# ./run.sh              builds what is needed and opens the workbench; without a display: the demo in this terminal
# ./run.sh ARGUMENTS…   hands them to lora-workbench-cli, for example: ./run.sh train my.json
# Missing Debian packages (.ci/packages) are installed with apt-get first. A second start takes seconds.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '%s\n' "$*" >&2; }

missing_packages() {
    local package
    while read -r package; do
        [[ -z $package || $package == \#* ]] && continue
        [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || printf '%s\n' "$package"
    done <"$root/.ci/packages"
}

install_packages() {
    command -v dpkg-query >/dev/null || { say "This is not a Debian system: install what .ci/packages names by its own means."; return; }
    local missing as_root=()
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]})) || return 0
    say "Installing ${#missing[@]} Debian packages: ${missing[*]}"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || { say "Not root and no sudo here. As root: apt-get install ${missing[*]}"; exit 1; }
        as_root=(sudo)
    fi
    if ! { "${as_root[@]}" apt-get update -q &&
           "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"; } >&2; then
        say "The packages could not be installed. Is there a network connection, and are the Debian 12 sources enabled?"
        exit 1
    fi
}

# Compilers need about 1 GB each; never more jobs than that allows.
job_count() {
    local cores memory
    cores=$(nproc)
    memory=$(awk '/^MemAvailable/ { print int($2 / 1000000) }' /proc/meminfo)
    echo $((memory < 1 ? 1 : memory < cores ? memory : cores))
}

# build PRESET TARGET…   (no target: everything)
build() {
    local preset=$1
    shift
    local folder=$root/build/$preset
    if [[ ! -f $folder/build.ninja ]]; then
        say "Configuring build/$preset"
        (cd "$root" && cmake --preset "$preset" >"/tmp/lora-workbench-configure.$$" 2>&1) || {
            cat "/tmp/lora-workbench-configure.$$" >&2
            rm -rf "/tmp/lora-workbench-configure.$$" "$folder/build.ninja"
            exit 1
        }
        rm -f "/tmp/lora-workbench-configure.$$"
    fi
    # Paths relative to the source tree: another checkout finds the same objects in the cache.
    CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1 NINJA_STATUS="[%f/%t] " ninja -C "$folder" -j "$(job_count)" "$@" >&2
}

has_display() {
    [[ -n ${DISPLAY:-} ]] && return 0
    # Qt speaks Wayland only with its plugin (package qt6-wayland).
    [[ -n ${WAYLAND_DISPLAY:-} ]] && compgen -G "/usr/lib/*/qt6/plugins/platforms/libqwayland*.so" >/dev/null
}

main() {
    install_packages
    local programs=$root/build/release/bin
    if (($#)); then
        build release lora-workbench-cli
        exec "$programs/lora-workbench-cli" "$@"
    elif has_display; then
        build release lora-workbench lora-workbench-cli
        exec "$programs/lora-workbench"
    else
        build release lora-workbench-cli
        say "There is no display here, so the demo experiment runs in this terminal."
        exec "$programs/lora-workbench-cli" demo
    fi
}

# test.sh reads this file for the functions above.
if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    main "$@"
fi
