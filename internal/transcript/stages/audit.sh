# A cache for everybody, and a name server that keeps root's rights.
# shellcheck shell=bash
need memcached dnsmasq setpriv
interface
nobody memcached -l 0.0.0.0 -p 11211
dnsmasq -p 53 --listen-address=127.0.0.1 --bind-interfaces --user=root --conf-file=/dev/null
up 127.0.0.1:11211 127.0.0.1:53
