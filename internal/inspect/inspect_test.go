package inspect

import (
	"errors"
	"strings"
	"testing"

	"porthole/internal/explain"
	"porthole/internal/reach"
	"porthole/internal/record"
	"porthole/registry"
)

func TestParsePort(t *testing.T) {
	for _, test := range []struct {
		text   string
		protos []string
		want   string // of the error; "" none
	}{
		{"80", []string{"tcp", "udp"}, ""},
		{"http", []string{"tcp"}, ""},
		{"U:53", []string{"tcp", "udp"}, ""},
		{"80-81", []string{"tcp"}, "is 2 ports; name one"},
		{"T:80,81", []string{"tcp", "udp"}, "is 2 ports; name one"},
		{"0", []string{"tcp"}, "port 0"},
		{"S:80", []string{"tcp", "udp"}, "only TCP and UDP"},
		{"no-such-service", []string{"tcp"}, "no-such-service"},
	} {
		_, err := ParsePort(new(registry.Registry), test.text, test.protos...)
		if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v, want %q", test.text, err, test.want)
		}
	}
	if _, err := ParseChoice(new(registry.Registry), "8000-8010", "tcp"); err != nil {
		t.Error(err)
	}
	if _, err := ParseChoice(new(registry.Registry), "8000-8010", "tcp", "udp"); err == nil || !strings.Contains(err.Error(), "one protocol") {
		t.Errorf("a choice of two protocols: %v", err)
	}
}

// TestChooseNamespaces: this network namespace is first, another one only by a name in
// which the port is in use.
func TestChooseNamespaces(t *testing.T) {
	here, web, other := explain.Namespace{NetNS: 1}, explain.Namespace{NetNS: 2, Name: "web"}, explain.Namespace{NetNS: 3, Name: "net:3"}
	all := []explain.Namespace{here, web, other}
	for which, want := range map[string][]explain.Namespace{"": all, "all": all, "self": {here}, "web": {web}, "net:3": {other}} {
		got, err := chooseNamespaces(all, which)
		if err != nil || len(got) != len(want) || got[0] != want[0] {
			t.Errorf("%q: %v, %v; want %v", which, got, err, want)
		}
	}
	for _, test := range []struct {
		namespaces []explain.Namespace
		want       string
	}{
		{all, "there are self, web, net:3"},
		{all[:1], "in no other than this"},
	} {
		_, err := chooseNamespaces(test.namespaces, "shop")
		if err == nil || err.Name != "shop" || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v, want %q", err, test.want)
		}
	}
}

// TestWithOwn: of a protocol that is in use elsewhere the answer about here stays, and
// stays first; a protocol that is in use nowhere is left out.
func TestWithOwn(t *testing.T) {
	answer := func(proto string, netns uint64) record.Record { return record.Record{Proto: proto, NetNS: netns} }
	answers := []record.Record{answer("tcp", 1), answer("tcp", 2), answer("tcp", 3), answer("udp", 1)}
	got := withOwn(answers[1:3], answers)
	if len(got) != 3 || got[0].NetNS != 1 || got[1].NetNS != 2 || got[2].NetNS != 3 {
		t.Errorf("%+v", got)
	}
}

// TestExplainNetNS: a port that is in use in another namespace by TCP alone is explained
// there, whatever UDP does; a name that neither has is an error with all that there are.
func TestExplainNetNS(t *testing.T) {
	var m Machine
	m.NetNS, m.Judge = 1, reach.New(nil)
	m.Ports.Known = true
	for _, r := range []record.Record{{Proto: "tcp", NetNS: 2, NetNSName: "shop"}, {Proto: "udp", NetNS: 3}, {Proto: "tcp", NetNS: 3}} {
		r.Kind, r.Addr, r.Port, r.State, r.Processes = record.KindSocket, "0.0.0.0", 8086, "listen", &[]record.Process{{PID: 7, Name: "x"}}
		m.Sockets = append(m.Sockets, r)
	}
	asked, err := ParsePort(new(registry.Registry), "8086", "tcp", "udp")
	if err != nil {
		t.Fatal(err)
	}
	for netns, want := range map[string]int{"shop": 1, "net:3": 2} {
		answers, err := m.Explain(t.Context(), new(registry.Registry), asked, netns)
		if err != nil || len(answers) != want {
			t.Errorf("%s: %d answers, %v", netns, len(answers), err)
		}
		for _, a := range answers {
			if a.NetNSName != netns || len(a.Sockets) != 1 {
				t.Errorf("%s: %+v", netns, a)
			}
		}
	}
	answers, err := m.Explain(t.Context(), new(registry.Registry), asked, "nope")
	var missing *NetNSError
	if !errors.As(err, &missing) || answers != nil || strings.Join(missing.Used, " ") != "net:3 shop" {
		t.Errorf("%d answers, %v", len(answers), err)
	}
}
