package mcpserver

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"porthole/internal/scanjob"
)

// rebinding is a resolver whose name leads to loopback at first and elsewhere from
// then on, as an attacker's does.
type rebinding struct {
	scanjob.Resolver
	asked *atomic.Int32
	addrs map[string][][]netip.Addr // by name: the answers in turn, the last one for ever
}

func (r rebinding) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	answers := r.addrs[host]
	if answers == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	return answers[min(int(r.asked.Add(1)), len(answers))-1], nil
}

func addrs(texts ...string) (list []netip.Addr) {
	for _, text := range texts {
		list = append(list, netip.MustParseAddr(text))
	}
	return list
}

// TestScan holds that open ports of loopback are found, by address and by name, and
// verified.
func TestScan(t *testing.T) {
	at := listen(t)
	r := rebinding{asked: new(atomic.Int32), addrs: map[string][][]netip.Addr{"it.test": {addrs("127.0.0.1"), addrs("192.0.2.1")}}}
	session := connect(t, Config{Resolver: r})
	port := strconv.Itoa(at.Port)
	for _, target := range []string{"127.0.0.1", "it.test", "localhost", "127.0.0.1:" + port} {
		doc := ask(t, session, "scan", map[string]any{"targets": []string{target}, "ports": port})
		if len(doc.Records) != 1 || doc.Records[0].Addr != "127.0.0.1" || doc.Summary.ScanCounts.Open != 1 || !doc.Summary.Complete {
			t.Errorf("%s: %+v", target, doc)
		}
		if target == "it.test" && (r.asked.Load() != 1 || doc.Records[0].Host != target) {
			t.Errorf("the name was looked up %d times", r.asked.Load())
		}
	}
}

// TestPermitted holds which addresses may be asked. Those that may not are of
// documentation, and nothing is sent to any: the calls fail before.
func TestPermitted(t *testing.T) {
	r := rebinding{asked: new(atomic.Int32), addrs: map[string][][]netip.Addr{
		"out.test":  {addrs("192.0.2.1")},
		"both.test": {addrs("127.0.0.1", "2001:db8::1")},
		"map.test":  {addrs("::ffff:192.0.2.1")},
	}}
	session := connect(t, Config{Resolver: r, Allow: []netip.Prefix{netip.MustParsePrefix("203.0.113.0/25")}})
	for _, target := range []string{
		"192.0.2.1", "192.0.2.0/24", "[::ffff:192.0.2.1]", "2001:db8::1", "10.255.255.255-11.0.0.1", "127.0.0.1,192.0.2.1",
		"169.254.169.254", "100.64.0.1", "64:ff9b::a00:1", "203.0.113.128", "203.0.113.0/24", "out.test", "both.test", "map.test", "http://192.0.2.1/", "fe80::1", "fe80::1%lo",
	} {
		for tool, args := range map[string]map[string]any{
			"scan": {"targets": []string{"127.0.0.1", target}, "ports": "1"},
			"wait": {"ports": []string{hostPort(target)}, "timeout_seconds": 30},
		} {
			if tool == "wait" && strings.ContainsAny(target, "/,-*") {
				continue
			}
			if _, failure := call(t, session, tool, args); !strings.Contains(failure, "is neither loopback nor private") {
				t.Errorf("%s %s: %q", tool, target, failure)
			}
		}
	}
	names := map[string]any{"targets": []string{"out.test", "both.test", "map.test"}, "ports": "1"} // looked up side by side
	if _, failure := call(t, session, "scan", names); !strings.Contains(failure, "is neither loopback nor private") {
		t.Errorf("three names: %q", failure)
	}
	p := newPermitted([]netip.Prefix{netip.MustParsePrefix("203.0.113.0/25"), netip.MustParsePrefix("2001:db8:1::/48")})
	for _, addr := range addrs("127.9.9.9", "::1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fd12::1", "203.0.113.127", "2001:db8:1::9", "::ffff:10.0.0.1") {
		if err := p.checkAddr(addr.String(), addr); err != nil {
			t.Error(err)
		}
	}
	for _, addr := range addrs("0.0.0.0", "::", "172.32.0.0", "192.169.0.0", "255.255.255.255", "224.0.0.1", "ff02::1", "2001:db8:2::", "::ffff:8.8.8.8") {
		if err := p.checkAddr(addr.String(), addr); err == nil {
			t.Errorf("%s may be asked", addr)
		}
	}
}

// hostPort is a target of wait.
func hostPort(target string) string {
	if strings.Contains(target, ":") && !strings.HasPrefix(target, "[") {
		target = "[" + target + "]"
	}
	return target + ":1"
}

// TestWait holds what wait sees of ports here.
func TestWait(t *testing.T) {
	session := connect(t, Config{})
	port := strconv.Itoa(listen(t).Port)
	text, failure := call(t, session, "wait", map[string]any{"ports": []string{port, "127.0.0.1:" + port}})
	if !strings.Contains(text, `"done":true`) {
		t.Errorf("%s %s", text, failure)
	}
	text, failure = call(t, session, "wait", map[string]any{"ports": []string{port}, "for": "free", "timeout_seconds": 0.01})
	if !strings.Contains(text, `"done":false`) || !strings.Contains(text, `"state":"open"`) {
		t.Errorf("%s %s", text, failure)
	}
}
