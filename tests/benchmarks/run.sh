#!/usr/bin/env bash
# tests/benchmarks/run.sh              builds the benchmarks and holds training steps against PyTorch's, case by case
# tests/benchmarks/run.sh ARGUMENTS…   hands them to compare_with_pytorch.py, for example: --quick, --case gpt2
# tests/benchmarks/run.sh kernels …    single kernels instead; the rest goes to Google Benchmark
# Missing Debian packages are installed as ./run.sh of the project does.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$here/../../run.sh"

# Beyond .ci/packages: Google Benchmark; oneDNN for the limit of bfloat16; the rival and what makes it fast.
needed=(libbenchmark-dev libdnnl-dev python3-torch libopenblas0-openmp libtcmalloc-minimal4)

# What install_packages of the project's run.sh installs here: its own list and the above.
missing_packages() {
    local package
    { grep -v '^#' "$root/.ci/packages"; printf '%s\n' "${needed[@]}"; } | while read -r package; do
        [[ -z $package || $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
            printf '%s\n' "$package"
    done
}

build_benchmarks() {
    local folder=$root/build/benchmarks
    if [[ ! -f $folder/build.ninja ]]; then
        say "Configuring build/benchmarks"
        cmake -S "$root" --preset release -B "$folder" -DLORA_WORKBENCH_BENCHMARKS=ON -DLORA_WORKBENCH_UI=OFF >&2
    fi
    build benchmarks benchmarks # the folder, and the target of that name
}

install_packages
build_benchmarks
if [[ ${1:-} == kernels ]]; then
    shift
    exec "$root/build/benchmarks/bin/lora-workbench-bench-kernels" "$@"
fi
exec python3 "$here/compare_with_pytorch.py" "$@"
