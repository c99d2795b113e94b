# bash completion for stowage
_stowage() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' word
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in run | test | diff | validate | schema | explain | drivers | version) command=$word && break ;; esac
    done

    COMPREPLY=()
    # What stands behind `drivers --json` or `diff --json` is no file.
    [[ ($command == drivers || $command == diff) && $prev == --json ]] && prev=''
    case $prev in
        --seed | --seed-a | --seed-b | --seeds | --until | --set | --set-a | --set-b | --at | -j) return ;;
        --color)
            mapfile -t COMPREPLY < <(compgen -W 'auto always never' -- "$cur")
            return
            ;;
        --record | --requests | --rpc | --metrics | --json | --dot | --trace | --html | --junit)
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            compopt -o filenames 2>/dev/null
            return
            ;;
    esac

    local play='--seed --until --set --shuffle --color' words=''
    case $command in
        '') words='run test diff validate schema explain drivers version' ;;
        run) words="$play --quiet --verbose --no-timeline --record --requests --rpc --metrics --json --dot --trace --html --help" ;;
        test) words="$play --quiet --verbose -j --junit --seeds --once --help" ;;
        diff) words="$play --seed-a --seed-b --set-a --set-b --json --help" ;;
        explain) words="$play --at --help" ;;
        drivers)
            words='--json --color --help'
            [[ $cur == -* ]] || words='instant nfs host-path block-cloud block-array shared-file'
            mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
            return
            ;;
        schema | version) return ;;
    esac
    if [[ -z $command || $cur == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
        return
    fi
    if [[ $command == explain && $cur == [A-Z]* ]]; then
        mapfile -t COMPREPLY < <(compgen -S / -W 'PersistentVolumeClaim PersistentVolume Pod VolumeAttachment
            StatefulSet StorageClass Node VolumeSnapshot' -- "$cur")
        compopt -o nospace 2>/dev/null
    fi
    # Scenario files and folders.
    mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(
        compgen -d -- "$cur"
        compgen -f -X '!*.@(yaml|yml)' -- "$cur"
    )
    compopt -o filenames 2>/dev/null
}
complete -F _stowage stowage
