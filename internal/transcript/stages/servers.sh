# A name server, a cache and two web servers.
# shellcheck shell=bash
need dnsmasq memcached setpriv /usr/bin/python3
interface
nobody memcached -l 127.0.0.1 -p 11211 -U 11211
dnsmasq -p 53 --listen-address=127.0.0.1 --bind-interfaces --no-hosts --no-resolv --conf-file=/dev/null
web ::1 80
web 0.0.0.0 8080
up 127.0.0.1:11211 127.0.0.1:53 '[::1]:80' 127.0.0.1:8080
