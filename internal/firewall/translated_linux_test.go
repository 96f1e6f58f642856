package firewall

import "testing"

// TestWithoutTranslation: what docker leads past the input chains is dropped
// there.
func TestWithoutTranslation(t *testing.T) {
	need(t, "iptables-nft-restore")
	inLab(t, func(l *lab) {
		l.loadFile(t, "iptables-nft-restore", "docker.rules")
		topo, h, err := l.topology()
		if err != nil {
			t.Fatal(err)
		}
		q := []Question{{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 8080}}
		if r := topo.Judge(h, q)[0]; blocked(r.Verdict) {
			t.Errorf("published: %v by %s", r.Verdict, r.Decision().String())
		}
		bare := h.WithoutTranslation()
		if r := (&Topology{Hosts: []*Host{bare}}).Judge(bare, q)[0]; !blocked(r.Verdict) {
			t.Errorf("its own port: %v by %s", r.Verdict, r.Decision().String())
		}
	})
}
