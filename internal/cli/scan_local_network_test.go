package cli

import (
	"net/netip"
	"testing"

	"porthole/scanner"
)

func TestLocalNetwork(t *testing.T) {
	type verdict struct {
		addr   string
		reason scanner.Reason
	}
	const gone, silent, refused = scanner.ReasonHostUnreach, scanner.ReasonNoResponse, scanner.ReasonConnRefused
	for _, test := range []struct {
		name     string
		system   string
		verdicts []verdict
		said     bool
	}{
		{"all of it", "darwin", []verdict{{"192.168.1.1", gone}, {"fe80::1%en0", gone}, {"fd00::1", gone}}, true},
		{"while others answer", "darwin", []verdict{{"192.168.1.1", gone}, {"192.0.2.1", refused}, {"127.0.0.1", refused}}, true},
		{"one answers", "darwin", []verdict{{"192.168.1.1", gone}, {"192.168.1.2", refused}}, false},
		{"one is silent", "darwin", []verdict{{"192.168.1.1", gone}, {"::ffff:192.168.1.2", silent}}, false},
		{"elsewhere", "linux", []verdict{{"192.168.1.1", gone}}, false},
		{"beyond a router", "darwin", []verdict{{"192.0.2.1", gone}}, false},
		{"nothing", "darwin", nil, false},
	} {
		var l localNetwork
		for _, v := range test.verdicts {
			l.add(netip.MustParseAddr(v.addr), v.reason)
		}
		if note := l.note(test.system); (note != "") != test.said {
			t.Errorf("%s: %q", test.name, note)
		}
	}
}
