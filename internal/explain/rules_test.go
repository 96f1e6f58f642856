package explain

import (
	"slices"
	"strings"
	"testing"

	"porthole/internal/machine"
	"porthole/internal/record"
)

// TestSystems checks what is said of a port by the rules of each system.
func TestSystems(t *testing.T) {
	const free, denied = record.BindFree, record.BindDenied
	ranges := map[string][]machine.Range{"tcp": {{First: 50000, Last: 50059}}}
	win := machine.Ports{Known: true, System: onWindows, Ephemeral: machine.Range{First: 49152, Last: 65535}, Excluded: ranges}
	mac := machine.Ports{Known: true, System: onMacOS, FirstUnprivileged: 1024, Ephemeral: machine.Range{First: 49152, Last: 65535}}
	bsd := machine.Ports{Known: true, System: onFreeBSD, FirstUnprivileged: 1024, Ephemeral: machine.Range{First: 10000, Last: 65535}}
	acl := machine.Ports{Known: true, System: onFreeBSD, FirstUnprivileged: 1, ACL: 1023, Ephemeral: bsd.Ephemeral}
	mixed := tries(true, free, free, denied)
	for _, test := range []struct {
		name                string
		on                  machine.Ports
		port                uint16
		tries               []record.BindTry
		status, line, meets string
	}{
		{"an excluded range", win, 50010, tries(false, denied, denied, denied), "excluded: Windows gives it to nobody", "refused: Windows gives the range 50000 to 50059 to nobody but who reserved it", "netsh int ipv4 show excludedportrange protocol=tcp"},
		{"held exclusively", win, 8080, tries(false, denied, denied, denied), "refused by Windows", "refused: another socket has it for itself (SO_EXCLUSIVEADDRUSE)", ""},
		{"netsh does not answer", machine.Ports{System: onWindows}, 8080, tries(false, denied, denied, denied), "refused by Windows", "refused: another socket has it for itself (SO_EXCLUSIVEADDRUSE), or it is in an excluded range", ""},
		{"the dynamic range", win, 50100, tries(false, free, free, free), "free", "free: every address", "in the dynamic range (49152 to 65535)"},
		{"no low port on Windows", win, 80, tries(false, free, free, free), "free", "free: every address", ""},
		{"a user of macOS", mac, 80, mixed, "free", "on a single address it needs root", "any user may bind it on every address, root alone on a single one"},
		{"root of macOS", mac, 80, tries(true, free, free, free), "free", "free: every address|a low port: on a single address it needs root", "low port"},
		{"an ephemeral port of macOS", mac, 50000, tries(true, free, free, free), "free", "free: every address", "net.inet.ip.portrange.first and last (49152 to 65535)"},
		{"a user of FreeBSD", bsd, 80, tries(true, denied, denied, denied), "not held, but this user may not bind it", "refused: this user may not bind it", "net.inet.ip.portrange.reservedhigh is 1023"},
		{"root of FreeBSD", bsd, 80, tries(true, free, free, free), "free", "a low port: it needs root", "it"},
		{"mac_portacl", acl, 80, tries(true, free, free, free), "free", "a low port: it needs root or a rule of mac_portacl", "security.mac.portacl.rules"},
		{"an ephemeral port of FreeBSD", bsd, 10001, tries(true, free, free, free), "free", "free: every address", "(10000 to 65535)"},
	} {
		w := machineOf()
		w.Ports = test.on
		w.Bind = func(string, uint16, bool) *record.Bind {
			return &record.Bind{Outcome: test.tries[0].Outcome, Tries: test.tries}
		}
		r := w.Explain(label(test.port, "x"), own())
		i := slices.IndexFunc(r.Card, func(row record.CardRow) bool { return row.Label == "new bind" })
		if got := strings.Join(r.Card[i].Lines, "|"); !strings.HasSuffix(got, test.line) || r.Status != test.status {
			t.Errorf("%s: %q: %q", test.name, r.Status, got)
		}
		if got := strings.Join(r.Bind.Meets, "|"); !strings.Contains(got, test.meets) || strings.Contains(got, "ip_") || strings.Contains(got, "CAP_") {
			t.Errorf("%s: %q", test.name, got)
		}
	}
}

// TestWindowsServices checks that the services of a process are named as such.
func TestWindowsServices(t *testing.T) {
	for unit, want := range map[string]string{"Dnscache": "of the service Dnscache", "Dnscache, nsi": "of the services Dnscache, nsi", "web.service": "of the unit web.service", "session-1.scope": ""} {
		p := record.Process{PID: 1200, Name: "svchost.exe", Unit: unit}
		if got := manager(nil, []record.Process{p}); got != want {
			t.Errorf("%s: %q", unit, got)
		}
	}
}
