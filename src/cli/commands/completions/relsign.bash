# Completion of relsign in bash, also as `git relsign`; printed by: relsign completions bash
_relsign() {
    # Bash takes words apart at : and @ too, so relsign gets the line and answers with what bash puts in.
    local IFS=$'\n'
    COMPREPLY=($(command relsign complete --line="${COMP_LINE:0:COMP_POINT}" --breaks="$COMP_WORDBREAKS" 2>/dev/null))
    [ $? -ne 1 ] || compopt -o default 2>/dev/null
}
# Git's own completion asks for this one.
_git_relsign() { _relsign; }
complete -F _relsign relsign
