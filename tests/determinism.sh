#!/bin/sh
# Two binaries, such as those of two compilers, must give the same bytes: plays every scenario of the catalog with both, and
# twice with the first, under two seeds, and compares the fingerprint, the record, the request log, the JSON report and the
# time line.
# usage: tests/determinism.sh BINARY [OTHER]   (without OTHER the one binary is compared with itself)
set -u
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    sed -n '5s/^# //p' "$0" >&2
    exit 2
fi
first=$(readlink -f "$1") other=$(readlink -f "${2:-$1}")
for binary in "$first" "$other"; do
    if [ ! -x "$binary" ]; then
        echo "there is no program $binary"
        echo "0 passed, 1 failed"
        exit 1
    fi
done
cd "$(dirname "$(readlink -f "$0")")/.." || exit 1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
passed=0 failed=0

# play BINARY NAME SCENARIO SEED: all that a run leaves behind goes to the folder NAME.
play() {
    mkdir -p "$place/$2"
    "$1" run "$3" --seed "$4" --color never --record "$place/$2/record" --requests "$place/$2/requests" \
        --json "$place/$2/json" >"$place/$2/text" 2>&1
    echo "exit code $?" >>"$place/$2/text"
}

for scenario in $(find scenarios/catalog -name '*.yaml' -exec grep -l '^kind: Scenario' {} + | sort); do
    for seed in 1 2; do
        play "$first" a "$scenario" "$seed"
        play "$first" b "$scenario" "$seed"
        play "$other" c "$scenario" "$seed"
        for again in b c; do
            if [ -s "$place/a/record" ] && difference=$(diff -r "$place/a" "$place/$again" 2>&1); then
                passed=$((passed + 1))
            else
                failed=$((failed + 1))
                echo "FAILED: $scenario, seed $seed, run $again differs:"
                echo "$difference" | head -n 6 | cut -c 1-300
            fi
        done
        rm -rf "$place/a" "$place/b" "$place/c"
    done
done
if [ $((passed + failed)) = 0 ]; then
    echo "no scenario was found"
    failed=1
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
