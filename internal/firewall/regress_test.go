package firewall

import (
	"encoding/base64"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// recording is a rule set as the kernel told it, and what became of real
// connections. Each .txt under testdata/regress has one beside it, which
//
//	go test -run TestRecord -record ./internal/firewall
//
// makes again.
type recording struct {
	Hosts  []recordedHost
	Probes []recordedProbe
}

type recordedHost struct {
	Links    []Link
	Routes   []Route
	Sysctls  Sysctls
	Messages []recordedMessage
	Legacy   []recordedTable
	IPSets   []string `json:",omitempty"` // base64
}

type recordedMessage struct {
	Kind uint16
	Body string // base64
}

type recordedTable struct {
	Family  ruleset.Family
	Info    ruleset.LegacyInfo
	Entries string // base64
}

// recordedProbe is "tcp 198.18.1.2:40000 ta 198.18.1.1:80 accept target 80".
type recordedProbe string

func decode64(t testing.TB, s string) []byte {
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func readRecording(t testing.TB, name string) recording {
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return r
}

func (r recording) topology(t testing.TB) *Topology {
	topo := &Topology{}
	for _, h := range r.Hosts {
		b := &ruleset.Builder{}
		finished := false
		for _, m := range h.Messages {
			const newRule = 10<<8 | 6
			if m.Kind == newRule && !finished {
				b.Finish()
				finished = true
			}
			if err := b.Add(m.Kind, decode64(t, m.Body)); err != nil {
				t.Fatal(err)
			}
		}
		for _, l := range h.Legacy {
			if err := b.AddLegacy(l.Family, l.Info, decode64(t, l.Entries)); err != nil {
				t.Fatal(err)
			}
		}
		for _, s := range h.IPSets {
			if err := b.AddIPSet(decode64(t, s)); err != nil {
				t.Fatal(err)
			}
		}
		topo.Hosts = append(topo.Hosts, &Host{Rules: b.Ruleset(), Links: h.Links, Routes: h.Routes, Sysctls: h.Sysctls})
	}
	return topo
}

// TestRegress evaluates each recorded rule set again.
func TestRegress(t *testing.T) {
	names, err := filepath.Glob("testdata/regress/*.json")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			r := readRecording(t, name)
			topo := r.topology(t)
			var questions []Question
			for _, line := range r.Probes {
				f := strings.Fields(string(line))
				to := netip.MustParseAddrPort(f[3])
				questions = append(questions, Question{Addr: to.Addr(), Proto: f[0], Port: to.Port()})
			}
			answers, unknown := topo.Judge(topo.Hosts[0], questions), 0
			for i, line := range r.Probes {
				f := strings.Fields(string(line))
				from, to := netip.MustParseAddrPort(f[1]), netip.MustParseAddrPort(f[3])
				p, n := answers[i].find(from, f[2], to.Addr())
				switch {
				case n != 1:
					t.Errorf("%s: in %d pieces", line, n)
				case p.Verdict == VerdictUnknown:
					unknown++
				case blocked(p.Verdict) && p.Why != nil && (f[4] == "reject" || f[4] == "drop"):
				case p.Verdict.String() != f[4]:
					t.Errorf("%s: evaluated %v", line, p)
				case p.Verdict == VerdictAccept && p.Why == nil && len(f) == 7 && p.landing(probe{port: to.Port()}) != f[5]+" "+f[6]:
					t.Errorf("%s: evaluated to come to %v", line, p.To)
				}
			}
			t.Logf("%d probes, %d cannot be told", len(r.Probes), unknown)
		})
	}
}

// find gives the piece of a packet, and in how many it is.
func (r Reach) find(from netip.AddrPort, entry string, to netip.Addr) (found piece, n int) {
	in := func(list []netip.Prefix, a netip.Addr) bool {
		return list == nil || slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	for _, p := range r.pieces() {
		ports := p.SourcePorts == nil || slices.ContainsFunc(p.SourcePorts, func(r PortRange) bool { return r.First <= from.Port() && from.Port() <= r.Last })
		if ports && in(p.Sources(), from.Addr()) && in(p.Dests, to) && (p.Interfaces == nil || slices.Contains(p.Interfaces, entry)) {
			found = p
			n++
		}
	}
	return found, n
}

// all gives every piece of a packet, for messages.
func (r Reach) all(from netip.AddrPort, entry string, to netip.Addr) (list []string) {
	for i := range r.outcomes {
		one := r
		one.outcomes = r.outcomes[i : i+1]
		if p, n := one.find(from, entry, to); n > 0 {
			list = append(list, p.String())
		}
	}
	return list
}
