#!/usr/bin/env bash
# Tries the image: builds it with Docker and runs tests/image/test_docker.py against it. Where no
# Docker engine answers, it says so and runs the image's steps without: installs as the Dockerfile
# does into a clean folder, takes the right to write there away, and runs what is inside as an
# ordinary user with the Dockerfile's environment. Takes minutes and some gigabytes.
#
#   scripts/try_image.sh [cuda|cpu|cu126] [IMAGE]
#
# With IMAGE, that of an earlier release, its data is upgraded too. The tests need `make .venv/installed`.
set -euo pipefail

device=${1:-cuda}
root=$(cd "$(dirname "$0")/.." && pwd)

if docker info >/dev/null 2>&1; then
    docker build --tag "muralscape:$device" --build-arg "DEVICE=$device" "$root"
    cd "$root"
    TRY_IMAGE=muralscape:$device TRY_IMAGE_BEFORE=${2:-} \
        exec .venv/bin/python -m pytest --verbose tests/image/test_docker.py
fi
echo "No Docker engine answers here: the image's steps are run without one." >&2

as_user=()
if [ "$(id -u)" = 0 ]; then
    as_user=(setpriv --reuid=10001 --regid=10001 --clear-groups --no-new-privs)
fi
"${as_user[@]}" python3 -c "" ||
    { echo "put a python3 that every user may run first on PATH" >&2; exit 1; }
work=$(mktemp -d)
trap 'chmod -R u+w "$work" && rm -rf "$work"' EXIT
chmod 755 "$work"

say() { printf '\n== %s\n' "$*"; }

say "build stage: dependencies ($device)"
mkdir -p "$work/source/scripts" "$work/data" "$work/tmp" "$work/opt"
cp -r "$root/requirements" "$work/source"
cp "$root/scripts/install.sh" "$work/source/scripts"
"$work/source/scripts/install.sh" dependencies "$work/opt/dependencies" "$work/opt/muralscape" \
    "$device" >"$work/pip.log" 2>&1 ||
    { tail -20 "$work/pip.log"; exit 1; }

say "build stage: package"
cp -r "$root/pyproject.toml" "$root/README.md" "$root/LICENSE" "$root/engine" "$root/bot" \
    "$work/source"
"$work/source/scripts/install.sh" package "$work/opt/dependencies" "$work/opt/muralscape" \
    >"$work/pip.log" 2>&1 ||
    { tail -20 "$work/pip.log"; exit 1; }
rm -rf "$work/source"
chmod -R a-w,a+rX "$work/opt"
du -sh "$work/opt"/*

# The Dockerfile's own ENV, with its folders moved into ours.
environment=$(python3 - "$root/Dockerfile" "$work" <<'PYTHON'
import re
import sys

text = open(sys.argv[1]).read().replace("\\\n", " ")
*_, line = re.findall(r"^ENV (.+)$", text, re.MULTILINE)
for name, value in re.findall(r"(\w+)=(\S+)", line):
    if name != "PATH":
        print(name + "=" + re.sub("^/(?=data|tmp)", sys.argv[2] + "/", value))
PYTHON
)
if [ "$(id -u)" = 0 ]; then
    chown 10001:10001 "$work/data" "$work/tmp"
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
inside() {
    # shellcheck disable=SC2086 # one word for each variable
    (cd "$work/data" && exec "${as_user[@]}" env -i PATH="$work/opt/muralscape/bin:$work/opt/dependencies/bin:/usr/bin:/bin" \
        TMPDIR="$work/tmp" $environment MURALSCAPE_DATA_DIR="$work/data" \
        MURALSCAPE_WEB__PORT="$port" "$@")
}

say "as user $(inside id -u)"
inside muralscape --version
if inside touch "$work/opt/written" 2>/dev/null; then
    echo "the installed files can be written" >&2
    exit 1
fi

say "muralscape check: nothing but the token may fail"
inside muralscape check --json >"$work/check.json" || true
python3 - "$work/check.json" <<'PYTHON'
import json
import sys

findings = json.load(open(sys.argv[1]))["findings"]
for finding in findings:
    print(f"{finding['level']:<5} {finding['name']:<12} {finding['text']}")
failed = [finding["name"] for finding in findings if finding["level"] == "fail"]
assert failed == ["token"], failed
PYTHON

say "the bot against the simulator until the health check passes, then SIGTERM"
# shellcheck disable=SC2016 # it is the inner shell that knows its own number
inside sh -c 'echo $$ >"$TMPDIR/pid" && exec muralscape simulate --port 0 --data "$0"' \
    "$work/data/trial" &
bot=$!
for _ in $(seq 60); do
    sleep 1
    if inside python -m bot.web.probe 2>/dev/null; then
        healthy=yes
        break
    fi
done
[ "${healthy:-}" = yes ] || { echo "it never became healthy" >&2; exit 1; }
kill -TERM "$(cat "$work/tmp/pid")"
wait "$bot"
say "all well"
