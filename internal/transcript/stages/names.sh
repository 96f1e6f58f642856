# A name server that dropped its rights.
# shellcheck shell=bash
need dnsmasq
interface
quietly dnsmasq -k -p 53 --listen-address=127.0.0.1 --bind-interfaces --user=nobody
up 127.0.0.1:53
