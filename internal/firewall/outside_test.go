package firewall

import (
	"net/netip"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestInsiders: what comes from containers is not from outside, unless there is
// nothing else.
func TestInsiders(t *testing.T) {
	fromContainers := []ruleset.Expr{
		&ruleset.Meta{Key: ruleset.MetaIIFName, Source: ruleset.NoRegister},
		&ruleset.Cmp{Data: append([]byte("docker0"), make([]byte, 9)...)},
	}
	host := func(links ...Link) *Host {
		h := benchHost(1, func(int) []ruleset.Expr { return then(ruleset.VerdictAccept, fromContainers) })
		h.Links = append(h.Links[:1], links...)
		h.Routes = append(h.Routes, Route{Table: TableMain, Dest: netip.MustParsePrefix("172.17.0.0/16"), Type: RouteUnicast, Links: []int{3}})
		return h
	}
	eth0 := Link{Index: 2, Name: "eth0", Up: true, Type: 1}
	docker0 := Link{Index: 3, Name: "docker0", Kind: "bridge", Up: true, Type: 1}
	veth := Link{Index: 4, Name: "veth1", Kind: "veth", Up: true, Type: 1, Master: 3, Peer: 9, Away: true}
	tap := Link{Index: 5, Name: "tap0", Kind: "tun", Up: true, Type: 1, Master: 3}
	for name, test := range map[string]struct {
		links []Link
		want  Verdict
		note  bool
	}{
		"containers":             {[]Link{eth0, docker0, veth}, VerdictDrop, true},
		"a bridge without ports": {[]Link{eth0, docker0}, VerdictDrop, true},
		"and a virtual machine":  {[]Link{eth0, docker0, veth, tap}, VerdictPartly, false},
		"nothing else":           {[]Link{docker0, veth}, VerdictAccept, false},
	} {
		h := host(test.links...)
		r := (&Topology{Hosts: []*Host{h}}).Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]
		if noted := strings.Contains(strings.Join(r.Notes, " "), "containers, get through"); r.Verdict != test.want || noted != test.note {
			t.Errorf("%s: %v with %q, want %v, note %v", name, r.Verdict, r.Notes, test.want, test.note)
		}
	}
}
