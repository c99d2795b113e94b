#!/bin/sh
# Installs into a temporary prefix and uses what came: the binary runs alone, the manual formats, bash completes.
# usage: install_test.sh BUILD
set -u
build=$1
cd "$(dirname "$(readlink -f "$0")")/../.." || exit 1
if [ ! -x "$build/bin/stowage" ]; then
    echo "skipped: $build/bin/stowage is absent"
    exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
passed=0 failed=0

check() { # check CLAIM COMMAND...
    claim=$1
    shift
    if "$@" >"$place/output" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $claim"
        cat "$place/output"
    fi
}
holds() { grep -q -e "$1" "$2"; }
runs_alone() { (cd / && env -i PATH=/usr/bin:/bin "$place/prefix/bin/stowage" version); }
completes() { # completes WORDS... EXPECTED: the reply to the last word but one holds the last
    bash -c '
        . "$0" || exit 1
        expected=${@: -1}
        COMP_WORDS=("${@:1:$#-1}")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _stowage
        printf "%s\n" "${COMPREPLY[@]}"
        printf "%s\n" "${COMPREPLY[@]}" | grep -qx -e "$expected"' "$bash_completion" "$@"
}
does_not_complete() { ! completes "$@"; }
for_each_command() { # every command and option that the binary names is in the manual and in each completion
    for word in run test validate schema explain version seed until set record json quiet verbose junit seeds; do
        for file in $man $bash_completion $zsh_completion $fish_completion; do
            holds "$word" "$file" || { echo "$file does not know $word"; return 1; }
        done
    done
}
formats() { # man's own warnings are faults
    warnings=$(MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$man" 2>&1 >/dev/null)
    [ -z "$warnings" ] || { echo "$warnings"; return 1; }
}

man=$place/prefix/share/man/man1/stowage.1
bash_completion=$place/prefix/share/bash-completion/completions/stowage
zsh_completion=$place/prefix/share/zsh/site-functions/_stowage
fish_completion=$place/prefix/share/fish/vendor_completions.d/stowage.fish

check 'installs' tools/install --prefix "$place/prefix" --build "$build"
check 'a second time too' tools/install --prefix="$place/prefix" --build "$build"
check 'refuses an unknown option' sh -c '! tools/install --nonsense'
check 'the binary runs outside the checkout' runs_alone
check 'manual and completions know every command and option' for_each_command
check 'bash completes commands' completes stowage va validate
check 'bash completes options of test' completes stowage test --ju --junit
check 'bash completes options behind others' completes stowage run --seed 3 --rec --record
check 'bash keeps options of test from run' does_not_complete stowage run --ju --junit
check 'bash completes folders' completes stowage test scen scenarios
if command -v man >/dev/null; then check 'the manual formats' formats; else echo 'skipped: man is absent'; fi
if command -v zsh >/dev/null; then check 'zsh parses its completion' zsh -n "$zsh_completion"; else echo 'skipped: zsh is absent'; fi
if command -v fish >/dev/null; then check 'fish parses its completion' fish -n "$fish_completion"; else echo 'skipped: fish is absent'; fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
