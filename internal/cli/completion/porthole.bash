# bash completion for porthole
#
# porthole knows its own words: it is asked with the line so far, and answers
# with a candidate to a line, or with what the shell knows better (:files,
# :hosts, :users) and the part of the word that stands before it.

_porthole() {
  local line=${COMP_LINE:0:COMP_POINT} words=() word i n=0
  line=${line#*"${COMP_WORDS[0]}"}
  words[0]=${COMP_WORDS[0]/#\~/$HOME}
  # Bash parts words at COMP_WORDBREAKS too, as in top:200 and json=FILE. What
  # no blank parts is one word to porthole.
  for ((i = 1; i <= COMP_CWORD; i++)); do
    if [[ $line == [[:space:]]* ]]; then
      line=${line#"${line%%[![:space:]]*}"}
      words[++n]=
    fi
    word=${COMP_WORDS[i]}
    if ((i == COMP_CWORD)); then word=$line; fi # up to the cursor
    words[n]+=$word
    line=${line#"$word"}
  done
  ((n > 0)) || return
  words[n]=${words[n]//\\/}

  # Readline replaces what follows the last word break.
  local breaks=${COMP_WORDBREAKS//[^=:]/} before=
  if [[ -n $breaks && ${words[n]} == *[$breaks]* ]]; then
    before=${words[n]%"${words[n]##*[$breaks]}"}
  fi

  compopt -o nosort 2>/dev/null # the ports in use come first; bash before 4.4 sorts
  local about replies=() stem
  while IFS=$'\t' read -r word about; do
    case $word in
      :files | :hosts | :users)
        stem=${words[n]#"$about"}
        case $word in
          :files) compopt -o filenames 2>/dev/null; word=file ;;
          :hosts) word=hostname ;;
          :users) word=user ;;
        esac
        while IFS= read -r word; do replies+=("$about$word"); done \
          < <(compgen -A "$word" -- "$stem")
        ;;
      :nospace) compopt -o nospace 2>/dev/null ;;
      *) replies+=("${word//|/\\|}") ;;
    esac
  done < <("${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  COMPREPLY=("${replies[@]#"$before"}")
}

complete -F _porthole porthole
