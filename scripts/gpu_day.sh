#!/bin/bash
# Everything worth knowing about the CUDA path, in one go of under eight minutes.
#
#   OUT=/tmp/gpu_day bash scripts/gpu_day.sh       from the repository's root
#
# Needs a Python (GPU_DAY_PYTHON, default python3) with torch for CUDA, numpy, Pillow and pytest, and
# nothing else. Parts run one after another, in the order of what would be missed most, each in a
# process and with a time limit of its own; what they find is in $OUT/results.jsonl line by line, the
# same as a table in $OUT/table.txt, all else in $OUT/log.txt.
#
#   GPU_DAY_PARTS="env smoke"   some parts only
#   GPU_DAY_SECONDS=470         the limit of all
#   GPU_DAY_REHEARSAL=1         on the CPU, at tiny sizes, as if nothing else were installed
set -u
export OUT=${OUT:-/tmp/gpu_day}
mkdir -p "$OUT"
export PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONPATH="$PWD${PYTHONPATH:+:$PYTHONPATH}"
python=${GPU_DAY_PYTHON:-python3}
results=$OUT/results.jsonl
[ -n "${GPU_DAY_KEEP:-}" ] || rm -f "$results" "$OUT/log.txt"
touch "$results"

limit_of() { # seconds at most
    case $1 in
    env) echo 60 ;; smoke) echo 80 ;; tests) echo 105 ;; numbers) echo 75 ;; speed) echo 80 ;;
    jobs) echo 70 ;; memory) echo 60 ;; big) echo 80 ;; leak) echo 60 ;; pieces) echo 60 ;;
    together) echo 60 ;; short) echo 60 ;;
    *) echo 60 ;;
    esac
}

for part in ${GPU_DAY_PARTS:-env smoke tests numbers speed jobs memory big leak pieces together short}; do
    left=$((${GPU_DAY_SECONDS:-470} - SECONDS))
    if [ "$left" -lt 12 ]; then
        echo "{\"part\": \"$part\", \"name\": \"skipped\", \"error\": \"no time left\"}" >>"$results"
        continue
    fi
    limit=$(limit_of "$part")
    [ "$limit" -lt "$left" ] || limit=$left
    began=$SECONDS
    echo "===== $part" >>"$OUT/log.txt"
    timeout -k 3 "$limit" "$python" -m tests.benchmarks.card "$part" >>"$OUT/log.txt" 2>&1
    code=$?
    echo "$part: $code after $((SECONDS - began)) s"
    [ $code -eq 0 ] ||
        echo "{\"part\": \"$part\", \"name\": \"end\", \"error\": \"status $code\"}" >>"$results"
done
"$python" -m tests.benchmarks.card table "$results" | tee "$OUT/table.txt"
echo "$SECONDS s in all"
