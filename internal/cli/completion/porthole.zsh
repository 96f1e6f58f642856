#compdef porthole
# zsh completion for porthole
#
# porthole knows its own words: it is asked with the line so far, and answers
# with a candidate to a line, or with what the shell knows better (:files,
# :hosts, :users) and the part of the word that stands before it.

_porthole() {
  local line word about source
  local -a candidates shown suffix
  for line in "${(@f)$(${~${(Q)words[1]}} complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}"; do
    word=${line%%$'\t'*} about=
    [[ $line == *$'\t'* ]] && about=${line#*$'\t'}
    case $word in
      :nospace) suffix=(-S '') ;;
      :*)
        source=$word
        compset -p ${#about}
        ;;
      ?*)
        candidates+=("$word")
        shown+=("$word${about:+  -- $about}")
        ;;
    esac
  done
  case $source in
    :files) _files ;;
    :hosts) _hosts ;;
    :users) _users ;;
  esac
  (( $#candidates )) && compadd -l -V porthole -d shown $suffix -a candidates
}

if [[ $funcstack[1] == _porthole ]]; then
  _porthole "$@"
else
  compdef _porthole porthole
fi
