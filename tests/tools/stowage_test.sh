#!/bin/sh
# When tools/stowage builds and when it does not, on a tree whose build is a script that counts its calls.
set -u
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
root="$place/a tree"
mkdir -p "$root/tools" "$root/sim/deep" "$root/model" "$root/scenarios" "$root/reports" "$root/elsewhere"
cp tools/stowage "$root/tools/"
touch "$root/CMakeLists.txt" "$root/sim/deep/a.cpp" "$root/sim/deep/b.cpp"
ln -s "$root/tools/stowage" "$place/link"
cat >"$root/tools/build" <<'END'
#!/bin/sh
root=${0%/*}/..
echo built >>"$root/calls"
[ ! -e "$root/broken" ] || exit 1
mkdir -p "$root/build/release/bin"
printf '#!/bin/sh\nprintf "<%%s>" "$@"\ncat\nexit 4\n' >"$root/build/release/bin/stowage"
chmod +x "$root/build/release/bin/stowage"
END
chmod +x "$root/tools/build"
find "$root" -exec touch -d '1 hour ago' {} +

passed=0 failed=0
expect() { # expect CLAIM BUILDS EXIT OUTPUT COMMAND...
    claim=$1 builds=$2 code=$3 output=$4
    shift 4
    : >"$root/calls"
    got=$(echo input | "$@" 2>/dev/null)
    got_code=$?
    got_builds=$(wc -l <"$root/calls")
    if [ "$got" = "$output" ] && [ "$got_code" = "$code" ] && [ "$((got_builds))" = "$builds" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $claim: '$got', exit $got_code, $got_builds builds"
    fi
}
# Some file systems stamp times by ticks of a few ms.
later() { sleep 0.05; "$@"; }

touch "$root/broken"
expect 'a failing first build starts nothing' 1 70 '' "$root/tools/stowage" run
rm "$root/broken"
expect 'the first start builds, passes arguments, input and exit code' 1 4 '<a b><-c>input' "$root/tools/stowage" 'a b' -c
expect 'the second does not build' 0 4 '<a>input' "$root/tools/stowage" a
# shellcheck disable=SC2016
expect 'nor from another folder' 0 4 '<a>input' sh -c 'cd "$1/tools" && ./stowage a' sh "$root"
expect 'nor through a link' 0 4 '<a>input' "$place/link" a
expect 'nor through PATH' 0 4 '<a>input' env PATH="$root/tools:$PATH" stowage a
later touch "$root/sim/deep/a.cpp"
expect 'an edit builds' 1 4 '<a>input' "$root/tools/stowage" a
later rm "$root/sim/deep/b.cpp"
expect 'a deletion builds, through a link' 1 4 '<a>input' "$place/link" a
expect 'once' 0 4 '<a>input' "$root/tools/stowage" a
later touch "$root/CMakeLists.txt"
touch "$root/broken"
expect 'a failing build does not start the old binary' 1 70 '' "$root/tools/stowage" a
expect 'and is tried again' 1 70 '' "$root/tools/stowage" a
rm "$root/broken"
expect 'until it succeeds' 1 4 '<a>input' "$root/tools/stowage" a
later touch "$root/elsewhere/a"
expect 'what is no source does not count' 0 4 '<a>input' "$root/tools/stowage" a
expect 'STOWAGE_REBUILD builds' 1 4 '<a>input' env STOWAGE_REBUILD=1 "$root/tools/stowage" a
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
