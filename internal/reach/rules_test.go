package reach

import (
	"encoding/binary"
	"testing"

	"porthole/internal/firewall/ruleset"
	"porthole/sockets"
)

// TestIdle: rules for clients of DHCP, as ufw and firewalld write them, are no news;
// others for the same ports of TCP are, and for ports that nobody waits on.
func TestIdle(t *testing.T) {
	to := func(proto byte, port uint16) []ruleset.Expr {
		return []ruleset.Expr{
			&ruleset.Meta{Key: ruleset.MetaL4Proto, Source: none}, &ruleset.Cmp{Data: []byte{proto}},
			&ruleset.Payload{Base: ruleset.BaseTransport, Offset: 2, Len: 2, Source: none}, &ruleset.Cmp{Data: binary.BigEndian.AppendUint16(nil, port)},
			&ruleset.Immediate{Dest: none, Verdict: &ruleset.Verdict{Code: ruleset.VerdictAccept}},
		}
	}
	const tcp, udp = 6, 17
	j := New([]sockets.Namespace{{Inode: own, Own: true, Firewall: host(to(udp, 68), to(udp, 546), to(tcp, 68), to(udp, 69))}})
	var got []string
	for _, r := range j.Idle(nil) {
		got = append(got, r.Ports)
	}
	if len(got) != 2 || got[0] != "68 of tcp" || got[1] != "69 of udp" {
		t.Errorf("idle: %q", got)
	}
}
