package firewall

import (
	"context"
	"net/netip"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReadNothing: without rules nothing else is asked for, and all get through.
func TestReadNothing(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.clear(); err != nil {
			t.Fatal(err)
		}
		h, err := Read(context.Background())
		if err != nil || !h.Rules.Empty() || h.Links != nil || h.Unread != nil {
			t.Errorf("a namespace without rules: %+v, %v", h, err)
		}
		topo := &Topology{Hosts: []*Host{h}}
		if r := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]; r.Verdict != VerdictAccept || r.Decision().String() != "" || r.from() != nil {
			t.Errorf("without rules: %v by %q from %v", r.Verdict, r.Decision().String(), r.from())
		}
		h, err = ReadAll(context.Background())
		if err != nil || len(h.Links) != 4 || len(h.Routes) == 0 || !h.Sysctls.Forward["ta"] {
			t.Errorf("all of it: %+v, %v", h, err)
		}
	})
}

// TestReadRefused: without CAP_NET_ADMIN the kernel does not tell, and the
// verdict says why.
func TestReadRefused(t *testing.T) {
	inLab(t, func(l *lab) {
		if err := l.load(script{"nft", "table inet t {\n}\n"}); err != nil {
			t.Fatal(err)
		}
		header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
		if err := unix.Capset(&header, &new([2]unix.CapUserData)[0]); err != nil {
			t.Fatal(err)
		}
		h, err := Read(context.Background())
		if err != nil || len(h.Unread) == 0 {
			t.Fatalf("%+v, %v", h, err)
		}
		topo := &Topology{Hosts: []*Host{h}}
		r := topo.Judge(h, []Question{{Addr: netip.IPv4Unspecified(), Proto: "tcp", Port: 80}})[0]
		if r.Verdict != VerdictUnknown || !strings.Contains(r.Why(), "CAP_NET_ADMIN") {
			t.Errorf("%v, %q", r.Verdict, r.Why())
		}
		l.home = 0 // the thread may not go back
	})
}

// TestDownInterface: nothing comes in where an interface is down. Its address is
// still reached by the others.
func TestDownInterface(t *testing.T) {
	inLab(t, func(l *lab) {
		rules := "table inet t {\nchain input {\ntype filter hook input priority 0\niifname \"ta\" drop\n}\n}\n"
		if err := l.load(script{"nft", rules}); err != nil {
			t.Fatal(err)
		}
		q := []Question{{Addr: mustAddr("198.18.2.1"), Proto: "tcp", Port: 80}}
		for _, test := range []struct {
			command string
			want    Verdict
		}{{"", VerdictPartly}, {"ta down", VerdictAccept}, {"tb down", VerdictAccept}, {"tc down", VerdictDrop}} {
			if f := strings.Fields(test.command); len(f) == 2 {
				if err := l.run("", "ip", "link", "set", "dev", f[0], f[1]); err != nil {
					t.Fatal(err)
				}
			}
			topo, h, err := l.topology()
			if err != nil {
				t.Fatal(err)
			}
			if r := topo.Judge(h, q)[0]; r.Verdict != test.want {
				t.Errorf("after %q: %v, want %v; %v", test.command, r.Verdict, test.want, r.pieces())
			}
		}
	})
}

// TestReversePath: with rp_filter a source is taken only where it would be
// answered.
func TestReversePath(t *testing.T) {
	inLab(t, func(l *lab) {
		rules := "table inet t {\nchain input {\ntype filter hook input priority 0\niifname \"ta\" ip saddr 198.18.2.0/24 drop\niifname \"tc\" drop\n}\n}\n"
		if err := l.load(script{"nft", rules}); err != nil {
			t.Fatal(err)
		}
		q := []Question{{Addr: mustAddr("198.18.1.1"), Proto: "tcp", Port: 80}}
		for _, test := range []struct {
			filter string
			from   string
		}{{"0", "all"}, {"1", "own"}} {
			if err := l.run(test.filter, "tee", "/proc/sys/net/ipv4/conf/all/rp_filter"); err != nil {
				t.Skip(err)
			}
			topo, h, err := l.topology()
			if err != nil {
				t.Fatal(err)
			}
			dropped := 0
			for _, p := range topo.Judge(h, q)[0].pieces() {
				if p.Verdict == VerdictDrop && !p.Unasked && len(p.Interfaces) == 1 && p.Interfaces[0] == "ta" {
					dropped++
				}
			}
			if (dropped > 0) != (test.from == "all") {
				t.Errorf("rp_filter %s: %d pieces are dropped that come in by ta", test.filter, dropped)
			}
		}
	})
}

// BenchmarkReadNothing is what a list costs where there are no rules.
func BenchmarkReadNothing(b *testing.B) {
	inLab(b, func(l *lab) {
		for b.Loop() {
			if _, err := Read(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	})
}
