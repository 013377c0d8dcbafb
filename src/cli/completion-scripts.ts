/*
 * Each script gives the words of the command line to `asya-gateway __complete`, and offers what it prints
 * (complete.ts). So the scripts need not change when commands do.
 */

/** Words are split by spaces here, because bash itself splits at `=` and `:`, too. */
const bash = `_asya_gateway() {
  local line=\${COMP_LINE:0:COMP_POINT} cur candidate out
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  cur=\${words[\${#words[@]}-1]}
  COMPREPLY=()
  out=$("\${words[0]}" __complete "\${words[@]:1}" 2>/dev/null) || return
  while IFS=$'\\t' read -r candidate _; do
    if [[ $candidate == :file ]]; then
      compopt -o filenames 2>/dev/null
      COMPREPLY+=($(compgen -f -- "$cur"))
    elif [[ -n $candidate ]]; then
      COMPREPLY+=("$candidate")
    fi
  done <<< "$out"
  [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  # Readline replaces only what follows the last = or :
  local head=\${cur%"\${cur##*[=:]}"}
  COMPREPLY=("\${COMPREPLY[@]#"$head"}")
}
complete -F _asya_gateway asya-gateway
`;

const zsh = `#compdef asya-gateway
_asya_gateway() {
  local line word files=0
  local -a plain open shown_plain shown_open
  while IFS= read -r line; do
    word=\${line%%$'\\t'*}
    if [[ $word == :file ]]; then
      files=1
    elif [[ $word == *= ]]; then
      open+=("$word"); shown_open+=("\${line/$'\\t'/  -- }")
    elif [[ -n $word ]]; then
      plain+=("$word"); shown_plain+=("\${line/$'\\t'/  -- }")
    fi
  done < <("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)
  (( \${#plain} )) && compadd -l -d shown_plain -a plain
  (( \${#open} )) && compadd -l -S '' -d shown_open -a open
  (( files )) && _files
}
compdef _asya_gateway asya-gateway
`;

const fish = `function __asya_gateway_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
        if test "$line" = ":file"
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c asya-gateway -f -a '(__asya_gateway_complete)'
`;

export const completionScripts = { bash, zsh, fish } as const;
