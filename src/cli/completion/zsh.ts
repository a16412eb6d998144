import { shTables, shWord } from "./sh-tables.ts";
import type { CommandShape } from "./shape.ts";

/** To be sourced, or put as \`_serin\` into a folder of fpath. */
export const zshScript = (shapes: readonly CommandShape[]): string => `\
#compdef serin
# zsh completion of serin: source <(serin completion zsh)
${shTables(shapes)}
# Offers the lines of standard input, each with its summary.
_serin_offer() {
  local line
  local -a names texts more
  while IFS= read -r line; do
    names+=("\${line%%$'\\t'*}")
    texts+=("\${line/$'\\t'/  -- }")
  done
  # A weight comes right behind it.
  [[ \${names[1]-} == *= ]] && more=(-S '')
  (( \${#names} )) && compadd "\${more[@]}" -l -d texts -a names
}

_serin() {
  local cur=\${words[CURRENT]} at='' subject='' admin='' option='' values='' word
  local -i i args=0
  for ((i = 2; i < CURRENT; i++)); do
${shWord}  done
  if [[ $cur == --*=* ]]; then
    option=\${cur%%=*}
    cur=\${cur#*=}
    compset -P '*='
  fi
  if [[ -n $option ]]; then
    values=$(_serin_value "$at:$option")
  elif [[ $cur == -* ]]; then
    _serin_offer < <(_serin_options "$at")
  else
    (( args == 0 )) && _serin_offer < <(_serin_commands "$at")
    values=$(_serin_argument "$at:$args")
  fi
  if [[ $values == 'objects '* ]]; then
    if [[ $cur == */* ]]; then values='asked name'; else values="words \${values#objects }"; fi
  fi
  case $values in
    'words '*) _serin_offer < <(print -l -- \${=values#words }) ;;
    'asked '*)
      _serin_offer < <(SERIN_ADMIN=\${admin:-$SERIN_ADMIN} \\
        "\${words[1]}" __complete "\${values#asked }" "$cur" "$subject" 2>/dev/null)
      ;;
    files) _files ;;
  esac
}
if [[ \${zsh_eval_context[-1]} == loadautofunc ]]; then _serin "$@"; else compdef _serin serin; fi
`;
