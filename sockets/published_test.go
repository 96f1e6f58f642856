package sockets

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseProxy(t *testing.T) {
	for line, want := range map[string]string{
		"/usr/bin/docker-proxy -proto tcp -host-ip 0.0.0.0 -host-port 8080 -container-ip 172.17.0.2 -container-port 80": "172.17.0.2:80",
		"docker-proxy --host-port 8080 --container-ip fd00::2 --container-port 80":                                      "[fd00::2]:80",
		"docker-proxy -host-port 8081 -container-ip 172.17.0.2 -container-port 80":                                      "",
		"docker-proxy -host-port 8080 -container-ip web -container-port 80":                                             "",
		"docker-proxy -host-port 8080 -container-ip 172.17.0.2 -container-port 80000":                                   "",
		"nginx -host-port 8080 -container-ip 172.17.0.2 -container-port 80":                                             "",
		"docker-proxy -host-port": "",
	} {
		to, ok := parseProxy(strings.Fields(line), 8080)
		if (want != "") != ok || ok && to != netip.MustParseAddrPort(want) {
			t.Errorf("%s: %v, %v; want %q", line, to, ok, want)
		}
	}
	if _, ok := parseProxy(nil, 1); ok {
		t.Error("no arguments are no proxy")
	}
}

func TestGroupSharers(t *testing.T) {
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
	groupSharers(rows)
	want := []uint64{3, 3, 0, 0, 0, 0, 0}
	for i, s := range rows {
		if s.ReuseportGroup != want[i] {
			t.Errorf("row %d is in group %d, want %d", i, s.ReuseportGroup, want[i])
		}
	}
}
