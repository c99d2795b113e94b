# fish completion for stowage
complete -c stowage -f
set -l commands run test validate schema explain drivers version
set -l none "not __fish_seen_subcommand_from $commands"
set -l runs '__fish_seen_subcommand_from run test explain'
set -l prints '__fish_seen_subcommand_from run test'
set -l run '__fish_seen_subcommand_from run'
set -l takes_files '__fish_seen_subcommand_from run test validate explain'

complete -c stowage -n $none -a run -d 'run one scenario and print what happened'
complete -c stowage -n $none -a test -d 'run every scenario at the paths'
complete -c stowage -n $none -a validate -d 'check scenario files without running them'
complete -c stowage -n $none -a schema -d 'print the JSON Schema of scenario files'
complete -c stowage -n $none -a explain -d 'tell why an object is in its state'
complete -c stowage -n $none -a drivers -d 'list the profiles of CSI drivers'
complete -c stowage -n $none -a version -d 'print the version'

complete -c stowage -n $takes_files -F
complete -c stowage -n $runs -l seed -x -d 'use this seed'
complete -c stowage -n $runs -l until -x -d 'end at this virtual time'
complete -c stowage -n $runs -l set -x -d 'replace a value of the scenario (path=value)'
complete -c stowage -n $runs -l shuffle -d 'order simultaneous events by the seed'
complete -c stowage -n '__fish_seen_subcommand_from run test explain drivers' -l color -x -a 'auto always never' -d 'when to colour'
complete -c stowage -n $prints -l quiet -d 'print only failures'
complete -c stowage -n '__fish_seen_subcommand_from run' -l no-timeline -d 'leave the time line out'
complete -c stowage -n $prints -l verbose -d 'print more'
complete -c stowage -n $run -l record -r -F -d 'write every watch event to the file'
complete -c stowage -n $run -l requests -r -F -d 'write every API write to the file'
complete -c stowage -n $run -l rpc -r -F -d 'write every CSI call to the file'
complete -c stowage -n $run -l json -r -F -d 'write the report as JSON'
complete -c stowage -n $run -l dot -r -F -d 'write the causal graph for Graphviz'
complete -c stowage -n '__fish_seen_subcommand_from test' -s j -x -d 'scenarios at a time'
complete -c stowage -n '__fish_seen_subcommand_from test' -l junit -r -F -d 'write a JUnit report'
complete -c stowage -n '__fish_seen_subcommand_from test' -l seeds -x -d 'run with the seeds 1 to N'
complete -c stowage -n '__fish_seen_subcommand_from explain' -l at -x -d 'explain the state at this virtual time'
complete -c stowage -n '__fish_seen_subcommand_from test' -l once -d 'without the second run that must be equal'
complete -c stowage -n '__fish_seen_subcommand_from drivers' -l json -d 'print as JSON'
complete -c stowage -n '__fish_seen_subcommand_from drivers' -a 'instant nfs host-path block-cloud block-array shared-file'
