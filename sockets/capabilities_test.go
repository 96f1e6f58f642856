package sockets

import (
	"net/netip"
	"slices"
	"testing"
)

func TestRightOf(t *testing.T) {
	const all, none = 1<<41 - 1, 0
	const outer = initUserNamespace
	const service = 1 << capNetBindService
	usual := lowPorts{firstUnprivileged: 1024, userNamespace: outer}
	lowered := lowPorts{firstUnprivileged: 80, userNamespace: outer}
	inner := lowPorts{firstUnprivileged: 1024, userNamespace: 2}
	for _, test := range []struct {
		about string
		at    lowPorts
		port  uint16
		uid   int
		caps  caps
		want  BindRight
		flags []string
	}{
		{"root", usual, 80, 0, caps{true, all, outer}, BindRightRoot, []string{"needless-root"}},
		{"a capability", usual, 80, 1000, caps{true, service, outer}, BindRightCapability, []string{"non-root"}},
		{"handed down", usual, 80, 1000, caps{true, none, outer}, BindRightInherited, []string{"non-root"}},
		{"root without capabilities", usual, 80, 0, caps{true, none, outer}, BindRightInherited, nil},
		{"lowered", lowered, 80, 1000, caps{true, none, outer}, BindRightUnprivilegedPort, []string{"lowered-start"}},
		{"below the lowered", lowered, 79, 0, caps{true, all, outer}, BindRightRoot, []string{"needless-root"}},
		{"root of a container", inner, 80, 100000, caps{true, all, 2}, BindRightUserNamespace, []string{"non-root"}},
		{"the machine's root in a container", inner, 80, 0, caps{true, all, outer}, BindRightRoot, []string{"needless-root"}},
		{"a container's root on the host's network", usual, 80, 100000, caps{true, all, 2}, BindRightInherited, []string{"non-root"}},
		{"unreadable", usual, 80, 1000, caps{}, BindRightUnknown, []string{"non-root"}},
		{"a high port", usual, 8080, 0, caps{true, all, outer}, BindRightUnknown, nil},
	} {
		s := Socket{
			Proto: "tcp", State: StateListen,
			Local:      netip.AddrPortFrom(netip.IPv4Unspecified(), test.port),
			Privileged: test.port < test.at.firstUnprivileged,
			Processes:  []Process{{PID: 1, UID: test.uid, caps: test.caps}},
		}
		test.at.judge(&s)
		if got := s.Processes[0].BindRight; got != test.want {
			t.Errorf("%s: right %q, want %q", test.about, got, test.want)
		}
		if got := s.Flags.Words(); !slices.Equal(got, test.flags) {
			t.Errorf("%s: flags %q, want %q", test.about, got, test.flags)
		}
	}
}
