# Completion of relsign in fish; printed by: relsign completions fish
function __relsign_complete
    set -l begun (commandline --current-token)
    set -l out (command relsign complete -- (commandline --current-process --tokenize --cut-at-cursor) "$begun" 2>/dev/null)
    set -l exit_code $status
    if test $exit_code -eq 1
        __fish_complete_path "$begun"
    else if test (count $out) -gt 0
        printf '%s\n' $out
    end
end
complete --command relsign --no-files --keep-order --arguments '(__relsign_complete)'
