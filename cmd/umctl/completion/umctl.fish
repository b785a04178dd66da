# Completion of umctl for fish. Use it by:  umctl completion fish | source
function __umctl_candidates
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete -- $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path "$current"
        else
            echo -- $line
        end
    end
end
complete -c umctl -f -a '(__umctl_candidates)'
