package sockets

import (
	"strings"
	"testing"
)

// FuzzParseProxy holds that the arguments of what calls itself docker-proxy lead to an
// address and port that are among them, or nowhere.
func FuzzParseProxy(f *testing.F) {
	f.Add("/usr/bin/docker-proxy\x00-proto\x00tcp\x00-host-ip\x000.0.0.0\x00-host-port\x008080\x00-container-ip\x00172.17.0.2\x00-container-port\x0080", uint16(8080))
	f.Add("docker-proxy\x00--host-port\x008080\x00--container-ip\x00fd00::2%eth0\x00--container-port\x000", uint16(8080))
	f.Add("docker-proxy\x00-host-port=1\x00-container-ip", uint16(1))
	f.Fuzz(func(t *testing.T, line string, port uint16) {
		args := strings.Split(line, "\x00")
		to, ok := parseProxy(args, port)
		if ok && (!to.IsValid() || !strings.HasSuffix(args[0], "docker-proxy")) {
			t.Errorf("%v of %q", to, args)
		}
	})
}
