# What stages share. They run in namespaces of their own, as their first process.
# shellcheck shell=bash

# need PROGRAM...: the block is skipped where one is not installed.
need() {
  local program
  for program; do
    command -v "$program" >/dev/null || { echo "$program is not installed"; exit 77; }
  done
}

# without WHAT: the block is skipped, for want of something else.
without() { echo "there is no $1 here"; exit 77; }

# quietly COMMAND...: starts a server.
quietly() { "$@" </dev/null >/dev/null 2>&1 & }

# web ADDRESS PORT: a web server.
web() { quietly /usr/bin/python3 -m http.server --bind "$1" "$2"; }

# ssh ADDRESS:PORT: an SSH server.
ssh() {
  mkdir -p /run/sshd
  [ -e hostkey ] || ssh-keygen -q -t ed25519 -N '' -f hostkey
  quietly /usr/sbin/sshd -D -f /dev/null -h "$PWD/hostkey" -o "ListenAddress=$1" -o PidFile=none
}

# nobody COMMAND...: starts a server that has dropped its rights.
nobody() { quietly setpriv --reuid nobody --regid nogroup --clear-groups "$@"; }

# up ADDRESS:PORT...: waits until something listens there.
up() { command porthole wait -q --timeout 20s "$@" || exit 1; }

# interface: a way to other hosts, and no host. It is no veth, which would lead to
# a container.
interface() {
  ip tuntap add eth0 mode tap 2>/dev/null || without "TAP interface"
  ip address add 198.18.0.1/24 dev eth0
  ip link set eth0 up
  ip route add default via 198.18.0.254
}
