package sockets

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBindRules holds who may bind a low port on macOS and on FreeBSD.
func TestBindRules(t *testing.T) {
	macos := bindRules{first: 1024, wildcard: true}
	rules, err := parsePortRules("uid:80:tcp:80,gid:53:udp:53")
	if err != nil {
		t.Fatal(err)
	}
	freebsd := bindRules{first: 1024}
	acl := bindRules{first: 0, byRule: 1023, rules: rules}
	both := bindRules{first: 1024, byRule: 1023, rules: rules}
	for _, c := range []struct {
		name       string
		on         bindRules
		proto, at  string
		uid        int
		privileged bool
		right      BindRight
	}{
		{"macOS, every address", macos, "tcp", "0.0.0.0:80", 501, false, BindRightWildcard},
		{"macOS, every IPv6 address", macos, "udp", "[::]:80", 501, false, BindRightWildcard},
		{"macOS, one address", macos, "tcp", "127.0.0.1:80", 0, true, BindRightRoot},
		{"macOS, handed down by launchd", macos, "tcp", "127.0.0.1:80", 70, true, BindRightInherited},
		{"macOS, whoever it is", macos, "tcp", "127.0.0.1:80", -1, true, BindRightUnknown},
		{"macOS, no low port", macos, "tcp", "127.0.0.1:1024", 501, false, BindRightUnknown},
		{"FreeBSD, every address", freebsd, "tcp", "0.0.0.0:80", 80, true, BindRightInherited},
		{"a rule", acl, "tcp", "0.0.0.0:80", 80, true, BindRightPortACL},
		{"a rule for another protocol", acl, "udp", "0.0.0.0:80", 80, true, BindRightInherited},
		{"a rule for a group", acl, "udp", "0.0.0.0:53", 53, true, BindRightUnknown},
		{"no rule", acl, "tcp", "0.0.0.0:22", 80, true, BindRightInherited},
		{"a rule that does not count", both, "tcp", "0.0.0.0:80", 80, true, BindRightInherited},
		{"root", acl, "tcp", "0.0.0.0:22", 0, true, BindRightRoot},
	} {
		s := Socket{Proto: c.proto, Local: netip.MustParseAddrPort(c.at), State: StateListen, Processes: []Process{{PID: 9, UID: c.uid}}}
		c.on.judge(&s)
		if s.Privileged != c.privileged || s.Processes[0].BindRight != c.right {
			t.Errorf("%s: privileged %v by %q", c.name, s.Privileged, s.Processes[0].BindRight)
		}
		if nonRoot := s.Flags&FlagNonRoot != 0; nonRoot != (c.privileged && c.uid > 0) {
			t.Errorf("%s: flags %v", c.name, s.Flags.Words())
		}
	}
	connected := Socket{Proto: "tcp", Local: netip.MustParseAddrPort("127.0.0.1:80"), State: StateEstablished}
	if macos.judge(&connected); connected.Privileged {
		t.Error("a connection is privileged")
	}
}

func TestParsePortRules(t *testing.T) {
	got, err := parsePortRules(" uid:80:tcp:80, gid:53:udp:53\n")
	want := []portRule{{false, 80, "tcp", 80}, {true, 53, "udp", 53}}
	if err != nil || !cmp.Equal(want, got, cmp.AllowUnexported(portRule{})) {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := parsePortRules(""); err != nil || got != nil {
		t.Errorf("no rules: %v, %v", got, err)
	}
	for _, text := range []string{"uid:80:tcp", "user:80:tcp:80", "uid:www:tcp:80", "uid:80:tcp:70000"} {
		if got, err := parsePortRules(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}
