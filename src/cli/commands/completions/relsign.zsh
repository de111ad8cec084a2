#compdef relsign
# Completion of relsign in zsh; printed by: relsign completions zsh
_relsign() {
    local out line exit_code
    local -a values shown
    out=$(command relsign complete -- "${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
    exit_code=$?
    if (( exit_code == 1 )); then
        _files
        return
    fi
    for line in "${(@f)out}"; do
        [[ -n $line ]] || continue
        values+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
    done
    compadd -l -d shown -a -- values
}
if [[ ${funcstack[1]} == _relsign ]]; then _relsign "$@"; else compdef _relsign relsign; fi
