package sockets

import (
	"net/netip"
	"testing"
)

func TestGroupReuseport(t *testing.T) {
	socket := func(proto, local string, s State, cookie, netns uint64, device string) Socket {
		return Socket{Proto: proto, Local: netip.MustParseAddrPort(local), State: s, Cookie: cookie, NetNS: netns, Device: device}
	}
	rows := []Socket{
		socket("tcp", "0.0.0.0:80", StateListen, 5, 1, ""),
		socket("tcp", "0.0.0.0:80", StateListen, 3, 1, ""),
		socket("tcp", "0.0.0.0:80", StateListen, 2, 2, ""),
		socket("tcp", "0.0.0.0:80", StateListen, 1, 1, "lo"),
		socket("tcp", "0.0.0.0:80", StateEstablished, 1, 1, ""),
		socket("tcp", "0.0.0.0:80", StateListen, 0, 1, ""),
		socket("udp", "0.0.0.0:80", StateBound, 9, 1, ""),
	}
	groupReuseport(rows)
	want := []uint64{3, 3, 0, 0, 0, 0, 0}
	for i, s := range rows {
		if s.ReuseportGroup != want[i] {
			t.Errorf("row %d is in group %d, want %d", i, s.ReuseportGroup, want[i])
		}
	}
}
