# A rule redirects a port that nobody waits on.
# shellcheck shell=bash
need nft dnsmasq
interface
dnsmasq -p 53 --listen-address=127.0.0.1 --bind-interfaces --user=root --conf-file=/dev/null
nft -f - <<'RULES' || without nftables
table ip nat {
  chain output {
    type nat hook output priority -100
    ip daddr 198.18.0.1 tcp dport 9000 dnat to 127.0.0.1:53
  }
}
RULES
up 127.0.0.1:53
