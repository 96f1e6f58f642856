# A server that comes and goes while watch writes events.
# shellcheck shell=bash
need jq timeout /usr/bin/python3
interface
porthole() {
  mkfifo events
  # It ends when the second event was read and a third cannot be written.
  command porthole "$@" >events &
  local watching=$!
  sleep 1 # it says nothing before something changes
  web 0.0.0.0 8080
  local server=$!
  {
    IFS= read -r line && printf '%s\n' "$line"
    kill "$server"
    IFS= read -r line && printf '%s\n' "$line"
  } <events
  kill "$watching"
}
