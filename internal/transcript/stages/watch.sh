# The view of watch while a server comes and another goes.
# shellcheck shell=bash
need tmux setpriv /usr/bin/python3
interface
web 0.0.0.0 80
quietly /usr/bin/python3 -c '
import socket, time
mdns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
mdns.bind(("0.0.0.0", 5353))
time.sleep(3600)'
web 127.0.0.1 8080
going=$!
up 127.0.0.1:80 127.0.0.1:8080

screen() { tmux -S "$PWD/tmux" capture-pane -p; }

porthole() {
  tmux -S "$PWD/tmux" -f /dev/null new-session -d -x 98 -y 15 "porthole $*"
  until [[ $(screen) == *"3/3 sockets"* ]]; do :; done
  web ::1 9090
  up '[::1]:9090'
  kill "$going"
  local frame=
  until [[ $frame == *gone* && $frame == *new* ]]; do frame=$(screen); done
  cat -s <<<"$frame"
}
