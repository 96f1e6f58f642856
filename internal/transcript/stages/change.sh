# A cache that is bound to every address on Tuesday, and a web server.
# shellcheck shell=bash
need memcached setpriv /usr/bin/python3
interface
cache() { nobody memcached -l "$1" -p 11211; }
cache 127.0.0.1
cache=$!
up 127.0.0.1:11211
before_2() {
  kill "$cache"
  wait "$cache"
  cache 0.0.0.0
  web 0.0.0.0 8080
  up 198.18.0.1:11211 198.18.0.1:8080
}
