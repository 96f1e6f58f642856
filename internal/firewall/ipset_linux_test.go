package firewall

import (
	"errors"
	"strings"
	"testing"
)

// TestIPSets makes sets of each type that the kernel has, lets rules refer to them,
// and really connects.
func TestIPSets(t *testing.T) {
	need(t, "ipset", "iptables-nft-restore", "ip6tables-nft-restore")
	inLab(t, func(l *lab) {
		for _, test := range []struct{ name, sets, match, target string }{
			{"hash:ip", "create s hash:ip\nadd s 198.18.9.9\nadd s 198.18.77.1", "src", ""},
			{"hash:ip with a netmask", "create s hash:ip netmask 24\nadd s 198.18.9.1", "src", ""},
			{"hash:ip of destinations", "create s hash:ip\nadd s 198.18.2.1", "dst", ""},
			{"hash:ip of IPv6", "create s hash:ip family inet6\nadd s 2001:db8:9::9", "src", ""},
			{"hash:net", "create s hash:net\nadd s 198.18.0.0/16\nadd s 198.18.9.0/24 nomatch\nadd s 198.18.9.8/29", "src", ""},
			{"hash:net, nomatch alone", "create s hash:net\nadd s 198.18.0.0/16\nadd s 198.18.9.0/24 nomatch", "src", ""},
			{"hash:net, return-nomatch", "create s hash:net\nadd s 198.18.0.0/16\nadd s 198.18.9.0/24 nomatch", "src --return-nomatch", ""},
			{"hash:net of IPv6", "create s hash:net family inet6\nadd s 2001:db8::/32\nadd s 2001:db8:9::/64 nomatch", "src", ""},
			{"bitmap:ip", "create s bitmap:ip range 198.18.0.0/16\nadd s 198.18.1.2\nadd s 198.18.2.0/25", "src", ""},
			{"bitmap:ip with a netmask", "create s bitmap:ip range 198.18.0.0/16 netmask 24\nadd s 198.18.9.0", "src", ""},
			{"bitmap:port", "create s bitmap:port range 0-65535\nadd s 80-443", "dst", ""},
			{"bitmap:port of sources", "create s bitmap:port range 0-65535\nadd s 53", "src", ""},
			{"bitmap:ip,mac", "create s bitmap:ip,mac range 198.18.0.0/16\nadd s 198.18.1.2,02:00:00:00:0a:02", "src,src", ""},
			{"hash:ip,port", "create s hash:ip,port\nadd s 198.18.9.9,tcp:80\nadd s 198.18.2.2,udp:53\nadd s 198.18.2.2,tcp:1000-8443", "src,dst", ""},
			{"hash:net,port", "create s hash:net,port\nadd s 198.18.0.0/16,tcp:80\nadd s 198.18.9.0/24,tcp:80 nomatch\nadd s 198.18.2.0/24,udp:53", "src,dst", ""},
			{"hash:ip,port,ip", "create s hash:ip,port,ip\nadd s 198.18.9.9,tcp:80,198.18.2.1\nadd s 198.18.1.2,udp:53,198.18.1.1", "src,dst,dst", ""},
			{"hash:ip,port,net", "create s hash:ip,port,net\nadd s 198.18.1.1,tcp:80,198.18.0.0/16\nadd s 198.18.1.1,tcp:80,198.18.9.0/24 nomatch", "dst,dst,src", ""},
			{"hash:net,iface", "create s hash:net,iface\nadd s 198.18.0.0/16,ta\nadd s 198.18.9.0/24,tb", "src,src", ""},
			{"hash:net,iface with a wildcard", "create s hash:net,iface\nadd s 198.18.0.0/16,t wildcard\nadd s 198.18.2.0/24,ta nomatch", "src,src", ""},
			{"hash:net,iface of the way out", "create s hash:net,iface\nadd s 198.18.0.0/16,ta", "src,dst", ""},
			{"hash:net,net", "create s hash:net,net\nadd s 198.18.9.0/24,198.18.1.0/24\nadd s 198.18.0.0/16,198.18.2.0/24", "src,dst", ""},
			{"hash:net,port,net", "create s hash:net,port,net\nadd s 198.18.9.0/24,tcp:80,198.18.1.0/24", "src,dst,dst", ""},
			{"hash:ip,mark", "create s hash:ip,mark\nadd s 198.18.9.9,0x5", "src,src", ""},
			{"hash:mac", "create s hash:mac\nadd s 02:00:00:00:0a:02", "src", ""},
			{"list:set", "create a hash:ip\nadd a 198.18.9.9\ncreate b bitmap:port range 0-65535\nadd b 22\ncreate s list:set\nadd s a\nadd s b", "src", ""},
			{"list:set of ports", "create a hash:ip,port\nadd a 198.18.9.9,tcp:80\ncreate b bitmap:port range 0-65535\nadd b 22\ncreate s list:set\nadd s a\nadd s b", "dst,dst", ""},
			{"too few directions", "create s hash:ip,port\nadd s 198.18.9.9,tcp:80", "src", ""},
			{"empty", "create s hash:ip", "src", ""},
			{"added to before", "create s hash:ip", "src", "SET --add-set s src"},
			{"added to before, of ports", "create s bitmap:port range 0-65535", "dst", "SET --add-set s dst"},
			{"removed from before", "create s hash:ip\nadd s 198.18.9.9\nadd s 198.18.1.2", "src", "SET --del-set s src"},
		} {
			for _, tool := range []string{"iptables-nft-restore", "iptables-legacy-restore"} {
				if strings.Contains(test.sets, "inet6") {
					tool = strings.Replace(tool, "ip", "ip6", 1)
				}
				for _, not := range []string{"", "! "} {
					if err := l.clear(); err != nil {
						t.Error(err)
						return
					}
					rules := "*filter\n:INPUT ACCEPT\n"
					if test.target != "" { // what others do must not depend on it
						rules += "-A INPUT ! -s 198.18.9.9 -j ACCEPT\n-A INPUT -j " + test.target + "\n"
					}
					rules += "-A INPUT -m set " + not + "--match-set s " + test.match + " -j DROP\nCOMMIT\n"
					t.Logf("%s, %s%s", test.name, not, tool)
					if err := errors.Join(l.load(script{"ipset", test.sets + "\n"}), l.load(script{tool, rules})); err != nil {
						t.Log(err) // the kernel has no such sets, or no such tables
						continue
					}
					l.checkReal(t, nil)
				}
			}
		}
	})
}
