package scanner

import (
	"cmp"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"porthole/internal/netlab"
)

// TestOrigin asks a neighbour that talks to one of two addresses alone, from each of
// them, and by each of two interfaces, with every engine and protocol.
func TestOrigin(t *testing.T) {
	host, wanted := netip.MustParseAddr("198.19.1.2"), netip.MustParseAddr("198.19.1.7")
	if !netlab.Inside(t) {
		lab := netlab.Require(t, netlab.Config{})
		err := lab.Ethernet(netip.MustParsePrefix("198.19.1.1/24"), host)
		if reason, ok := errors.AsType[*netlab.UnavailableError](err); ok {
			t.Skip(reason)
		}
		if err == nil {
			err = lab.Target().Nft("table inet f {\nchain i {\ntype filter hook input priority 0\nip saddr 198.19.1.1 drop\n}\n}\n")
		}
		if err == nil {
			err = lab.Target().Listen(netlab.OnPorts(host, 22)...)
		}
		if err == nil {
			err = lab.Scanner().Sysctl("net.ipv4.ping_group_range", "0 0")
		}
		if err != nil {
			t.Fatal(err)
		}
		if out, err := lab.Scanner().Command("ip", "addr", "add", wanted.String()+"/24", "dev", netlab.EthernetDevice).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		lab.Scanner().RunTest(t)
		return
	}
	other := "lo"
	for name, e := range engines() {
		ask := func(s Scanner, proto string, port uint16) verdict {
			s.Timeout, s.Attempts, s.engine = cmp.Or(s.Timeout, longTimeout), 1, e
			r := scanOne(t, &s, proto, netip.AddrPortFrom(host, port))
			return verdict{r.State, r.Reason}
		}
		refused := map[string]verdict{"tcp": {StateClosed, ReasonConnRefused}, "udp": {StateClosed, ReasonPortUnreach}}
		for _, proto := range []string{"tcp", "udp"} {
			for _, s := range []Scanner{{Source: wanted}, {Source: wanted, Interface: netlab.EthernetDevice}} {
				if got := ask(s, proto, 9); got != refused[proto] {
					t.Errorf("%s, %s from %v %s: %v", name, proto, s.Source, s.Interface, got)
				}
			}
			if got := ask(Scanner{Source: wanted, Interface: other, Timeout: time.Second}, proto, 9); got == refused[proto] {
				t.Errorf("%s, %s by the wrong interface: %v", name, proto, got)
			}
		}
		if got := ask(Scanner{Source: wanted}, "tcp", 22); got != (verdict{StateOpen, ReasonSynAck}) {
			t.Errorf("%s: the open port is %v", name, got)
		}
		s := Scanner{Source: wanted, engine: e}
		if r := scanOne(t, &s, "tcp", netip.MustParseAddrPort("[::1]:9")); r.State != StateUnknown || !errors.Is(r.Err, ErrBadTarget) {
			t.Errorf("%s: IPv6 from an IPv4 address: %v, %v", name, r.State, r.Err)
		}
	}
	s := Scanner{Source: wanted}
	for h, err := range s.Discover(t.Context(), Discovery{}, func(yield func(string, netip.Addr) bool) { yield("", host) }) {
		if err != nil || !h.Alive || h.Evidence.Reason != ReasonEchoReply {
			t.Errorf("discovery: %v by %v, %v", h.Alive, h.Evidence.Reason, err)
		}
	}
	for want, s := range map[string]Scanner{
		"source 203.0.113.9: this machine does not have that address there": {Source: netip.MustParseAddr("203.0.113.9")},
		"interface nope0: there is none of that name":                       {Interface: "nope0"},
	} {
		if _, err := s.InFlight(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
