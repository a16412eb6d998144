import { shTables, shWord } from "./sh-tables.ts";
import type { CommandShape } from "./shape.ts";

/** For bash 3.2 and later, without bash-completion. Words with spaces in quotes are taken for several. */
export const bashScript = (shapes: readonly CommandShape[]): string => `\
# bash completion of serin: source <(serin completion bash)
${shTables(shapes)}
# Line by line into COMPREPLY, without summaries, what begins with $1.
_serin_reply() {
  local line
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    [[ $line == "$1"* ]] && COMPREPLY+=("$line")
  done
}

_serin() {
  local line=\${COMP_LINE:0:COMP_POINT} cur='' at='' subject='' admin='' option='' values='' word
  local -a words=()
  local -i i args=0 count
  COMPREPLY=()
  read -ra words <<<"$line"
  count=\${#words[@]}
  if [[ $line != *[[:space:]] ]]; then
    count=$((count - 1))
    cur=\${words[count]}
  fi
  for ((i = 1; i < count; i++)); do
${shWord}  done
  if [[ $cur == --*=* ]]; then
    option=\${cur%%=*}
    cur=\${cur#*=}
  fi
  if [[ -n $option ]]; then
    values=$(_serin_value "$at:$option")
  elif [[ $cur == -* ]]; then
    _serin_reply "$cur" < <(_serin_options "$at")
  else
    ((args == 0)) && _serin_reply "$cur" < <(_serin_commands "$at")
    values=$(_serin_argument "$at:$args")
  fi
  case $values in
    "objects "*)
      if [[ $cur == */* ]]; then values='asked name'; else values="words \${values#objects }"; fi
      ;;
  esac
  case $values in
    "words "*) _serin_reply "$cur" < <(printf '%s\\n' \${values#words }) ;;
    "asked "*)
      _serin_reply "$cur" < <(SERIN_ADMIN=\${admin:-$SERIN_ADMIN} \\
        "\${words[0]}" __complete "\${values#asked }" "$cur" "$subject" 2>/dev/null)
      ;;
    files)
      compopt -o filenames 2>/dev/null
      _serin_reply "$cur" < <(compgen -f -- "$cur")
      ;;
  esac
  # A weight comes right behind it.
  [[ \${#COMPREPLY[@]} -gt 0 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
  return 0
}
complete -F _serin serin
`;
