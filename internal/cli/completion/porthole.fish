# fish completion for porthole
#
# porthole knows its own words: it is asked with the line so far, and answers
# with a candidate to a line, or with what the shell knows better (:files,
# :hosts, :users) and the part of the word that stands before it.

function __porthole_complete
    set -l words (commandline -opc)
    set -l typed (commandline -ct)
    set -l program (string replace -r '^~' $HOME -- $words[1])
    set -e words[1]
    for line in ($program complete -- $words "$typed" 2>/dev/null)
        set -l part (string split -m 1 \t -- $line)
        set -l stem (string sub -s (math (string length -- "$part[2]") + 1) -- "$typed")
        set -l names
        switch $part[1]
            case :files
                set names (__fish_complete_path "$stem")
            case :hosts
                set names (__fish_print_hostnames)
            case :users
                set names (__fish_complete_users)
            case :nospace
            case '*'
                echo -- $line
        end
        for name in $names
            echo -- "$part[2]$name"
        end
    end
end

complete -c porthole -f -k -a '(__porthole_complete)'
