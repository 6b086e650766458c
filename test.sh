#!/usr/bin/env bash
# Sets up as run.sh does, builds everything and runs every test. SANITIZE=1 ./test.sh runs the address and
# undefined-behaviour sanitizers over the core and the thread sanitizer over the application's threads first.
set -euo pipefail

source "$(dirname "${BASH_SOURCE[0]}")/run.sh"
cd "$root"

export QT_QPA_PLATFORM=offscreen
export UBSAN_OPTIONS=print_stacktrace=1
jobs=$(nproc)

# The thread sanitizer needs its fixed address layout; where the system forbids the switch, it is tried as it is.
without_address_randomisation() {
    if setarch "$(uname -m)" -R true 2>/dev/null; then
        setarch "$(uname -m)" -R "$@"
    else
        "$@"
    fi
}

install_packages
say "== Building"
build release

if [[ ${SANITIZE:-0} == 1 ]]; then
    say "== Address and undefined-behaviour sanitizers over the core"
    build asan core_tests test_gradient test_training
    ctest --preset asan -L 'unit|gradient|training' -j "$jobs"

    say "== Thread sanitizer over the application"
    build tsan app_tests
    without_address_randomisation ctest --preset tsan -L threads
fi

say "== All tests"
ctest --preset release -j "$jobs"
