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
