package procfs

import (
	"strings"
	"testing"
)

// FuzzListenNames holds that the names of handed-down sockets are those of the
// variable, whatever else a process has in its environment.
func FuzzListenNames(f *testing.F) {
	f.Add("PATH=/bin\x00LISTEN_FDNAMES=http:https\x00HOME=/\x00")
	f.Add("LISTEN_FDNAMES=")
	f.Add("XLISTEN_FDNAMES=a\x00LISTEN_FDNAMES=:\x00LISTEN_FDNAMES=b")
	f.Fuzz(func(t *testing.T, environ string) {
		names := ListenNames(environ)
		joined := strings.Join(names, ":")
		if names != nil && !strings.Contains("\x00"+environ+"\x00", "\x00LISTEN_FDNAMES="+joined+"\x00") {
			t.Errorf("%q of %q", names, environ)
		}
		if names == nil && strings.Contains("\x00"+environ, "\x00LISTEN_FDNAMES=") {
			t.Errorf("no names of %q", environ)
		}
	})
}

// FuzzParseProtocols holds that only names of the table are in use.
func FuzzParseProtocols(f *testing.F) {
	f.Add("protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re sp bi br ha uh gp em\nMPTCPv6   2064      3      -1   NI       0   no   kernel      y  n  n  y  n  n  n  n  n  n  n  n  n  n  n  n  n  n  n\nTCP 0 0 x\n")
	f.Add("UDP-Lite 1 1\n\n \n")
	f.Fuzz(func(t *testing.T, text string) {
		for name, used := range ParseProtocols(text) {
			if !used || name == "" || strings.TrimSpace(name) != name || !strings.Contains(text, name) {
				t.Errorf("%q: %v of %q", name, used, text)
			}
		}
	})
}

// FuzzParseCapEff holds that capabilities are those of the line, which begins one.
func FuzzParseCapEff(f *testing.F) {
	f.Add("Name:\tx\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff\nCapBnd:\t0\n")
	f.Add("CapEff:\t1\n")
	f.Add("Name:\tx\nCapEff:\t10000000000000000\n")
	f.Fuzz(func(t *testing.T, status string) {
		if caps, err := ParseCapEff(status); err == nil && !strings.Contains(status, "\nCapEff:") {
			t.Errorf("%x of %q", caps, status)
		}
	})
}

// FuzzFullName holds that a name is made no other, only longer.
func FuzzFullName(f *testing.F) {
	f.Add("systemd-resolve", "/usr/lib/systemd/systemd-resolved (deleted)", "x")
	f.Add("kworker/u8:1-ev", "", "")
	f.Add("aaaaaaaaaaaaaaa", "/", "aaaaaaaaaaaaaaaa/..")
	f.Fuzz(func(t *testing.T, comm, exe, arg string) {
		if name := FullName(comm, exe, []string{arg}); !strings.HasPrefix(name, comm) {
			t.Errorf("%q of %q", name, comm)
		}
	})
}
