#!/bin/sh
# Installs Muralscape into a virtual environment. The image's build stage runs these two steps, and
# scripts/try_image.sh tries them without Docker.
#
#   scripts/install.sh dependencies VENV cuda|cpu     what pyproject.toml asks for
#   scripts/install.sh package VENV                   Muralscape itself
#
# The steps are apart because the first takes minutes and seldom changes.
set -eu

step=$1
venv=$2
cd "$(dirname "$0")/.."

install() {
    # pip stays outside, so that the environment holds nothing but what runs
    python3 -m pip --python "$venv/bin/python" install --no-cache-dir "$@"
}

case $step in
dependencies)
    device=$3
    python3 -m venv --without-pip "$venv"
    requirements=$(mktemp)
    python3 - >"$requirements" <<'PYTHON'
import tomllib

with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
print(*project["dependencies"], *project["optional-dependencies"]["postgres"], sep="\n")
PYTHON
    if [ "$device" = cpu ]; then
        # wheels without CUDA, a tenth of the size; what is installed already is not fetched again
        torch=$(mktemp)
        grep '^torch' "$requirements" >"$torch"
        install --index-url https://download.pytorch.org/whl/cpu -r "$torch"
        rm "$torch"
    fi
    install -r "$requirements"
    rm "$requirements"
    ;;
package)
    install --no-deps .
    ;;
*)
    echo "there is no step $step" >&2
    exit 2
    ;;
esac
