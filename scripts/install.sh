#!/bin/sh
# Installs Muralscape for the image, whose build stages run these steps; scripts/try_image.sh tries
# them without Docker.
#
#   scripts/install.sh dependencies VENV FOLDER cuda|cpu|cu126   what requirements/run.txt locks
#   scripts/install.sh package VENV FOLDER                       Muralscape itself
#
# The steps and their folders are apart because the first takes minutes and gigabytes and seldom
# changes: an upgrade of the code moves FOLDER alone, from which VENV imports it.
#
# cpu and cu126 take torch, at the same version, from PyTorch's own index of that name: cpu is a
# tenth of the size, cu126 is for older cards and drivers. Their hashes are not in the lock file.
set -eu

step=$1
venv=$2
folder=$3
cd "$(dirname "$0")/.."

install() {
    # pip stays outside, so that the environment holds nothing but what runs
    python3 -m pip --python "$venv/bin/python" install --no-cache-dir --no-deps \
        --disable-pip-version-check "$@"
}

# without NAME...: the lock file without the packages whose names begin so.
without() {
    python3 - "$@" <<'PYTHON'
import re
import sys

text = open("requirements/run.txt").read()
for entry in re.split(r"\n(?=\S)", text):
    if not entry.startswith(tuple(sys.argv[1:])):
        print(entry)
PYTHON
}

case $step in
dependencies)
    device=$4
    python3 -m venv --without-pip "$venv"
    locked=$(mktemp)
    # triton compiles kernels for torch.compile, which Muralscape does not use
    if [ "$device" = cuda ]; then
        without triton >"$locked"
        install --require-hashes -r "$locked"
    else
        without triton torch nvidia-c nvidia-n cuda- >"$locked"
        install --require-hashes -r "$locked"
        version=$(sed -n 's/^torch==\([0-9.]*\).*/\1/p' requirements/run.txt)
        python3 -m pip --python "$venv/bin/python" install --no-cache-dir \
            --disable-pip-version-check "torch==$version" \
            --index-url "https://download.pytorch.org/whl/$device"
        rm -rf "$venv"/lib/python*/site-packages/triton
    fi
    rm "$locked"
    packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    echo "$folder" >"$packages/muralscape.pth"
    ;;
package)
    build=$(mktemp -d)
    python3 -m venv "$build"
    "$build/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
        --require-hashes -r requirements/build.txt
    "$build/bin/python" -m pip wheel --quiet --disable-pip-version-check --no-deps \
        --no-build-isolation --wheel-dir "$build/wheels" .
    install --target "$folder" "$build"/wheels/*.whl
    rm -rf "$build"
    ;;
*)
    echo "there is no step $step" >&2
    exit 2
    ;;
esac
