package sockets

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lsofSets writes sets of fields as lsof -F0 does.
func lsofSets(sets ...string) []byte {
	var b strings.Builder
	for _, set := range sets {
		b.WriteString(strings.ReplaceAll(set, " ", "\x00") + "\x00\n")
	}
	return []byte(b.String())
}

// macLsof is what macOS answers: a server and its worker with one socket, two
// sockets side by side on one port, a name that is no field, UDP with and without
// a port, and a protocol that nobody asked for.
func macLsof() []byte {
	return lsofSets(
		"p410",
		"f6 tIPv4 d0xa1 PTCP n*:80 TST=LISTEN TQR=0 TQS=0",
		"f7 tIPv6 d0xa2 PTCP n*:80 TST=LISTEN",
		"p411",
		"f6 tIPv4 d0xa1 PTCP n*:80 TST=LISTEN",
		"f9 tIPv4 d0xa3 PTCP n192.168.1.5:80->192.168.1.9:50123 TST=ESTABLISHED TQR=12 TQS=7",
		"p520",
		"f3 tIPv4 d0xb1 PTCP n127.0.0.1:631 TST=LISTEN",
		"f4 tIPv4 d0xb2 PTCP n127.0.0.1:631 TST=LISTEN",
		"p600",
		"f5 tIPv6 d0xc1 PUDP n[fe80:4::1c]:546",
		"f6 tIPv4 d0xc2 PUDP n*:*",
		"f7 tIPv4 d0xc3 PUDP n192.168.1.5:123->17.253.4.125:123",
		"f8 tIPv4 d0xc4 PICMP n*:*",
		"p700",
		"fcwd tDIR n/tmp/x\np1",
		"f4 tIPv4 d0x0 PTCP n10.0.0.1:5 TST=CLOSED",
		"f5 tIPv4 d0x0 PTCP n10.0.0.1:5 TST=CLOSED",
	)
}

// texts writes rows as a line each.
func texts(rows []row) (out []string) {
	for _, r := range rows {
		out = append(out, fmt.Sprintf("%s %v %v %v %v fd%d q%d/%d", r.Proto, r.Local, r.Remote, r.State, r.pids, r.fd, r.RecvQ, r.SendQ))
	}
	return out
}

func TestLsof(t *testing.T) {
	lines, warnings := parseLsof(macLsof())
	want := []string{
		"tcp 0.0.0.0:80 invalid AddrPort listen [410 411] fd6 q0/0",
		"tcp [::]:80 invalid AddrPort listen [410] fd7 q0/0",
		"tcp 192.168.1.5:80 192.168.1.9:50123 established [411] fd9 q12/7",
		"tcp 127.0.0.1:631 invalid AddrPort listen [520] fd3 q0/0",
		"tcp 127.0.0.1:631 invalid AddrPort listen [520] fd4 q0/0",
		"udp [fe80:4::1c]:546 invalid AddrPort bound [600] fd5 q0/0",
		"udp 192.168.1.5:123 17.253.4.125:123 connected [600] fd7 q0/0",
		"tcp 10.0.0.1:5 invalid AddrPort closed [700] fd4 q0/0",
	}
	if diff := cmp.Diff(want, texts(mergeLsof(lines))); diff != "" || warnings != nil {
		t.Error(diff, warnings)
	}
	lines, warnings = parseLsof(lsofSets("p1", "f3 tIPv4 PTCP n*:http", "f4 tIPv4 PTCP n999.1.1.1:80", "f5 tIPv4 PTCP nnonsense"))
	if len(lines) != 0 || len(warnings) != 1 || !strings.Contains(warnings[0].Error(), "3 lines") {
		t.Errorf("bad lines: %v, %v", lines, warnings)
	}
}

// exitWith is how a program ends with that code.
func exitWith(t *testing.T, code int) error {
	t.Helper()
	if code == 0 {
		return nil
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	err = exec.Command(self, "-no-such-flag").Run() // the flag package exits with 2
	if code == 1 {
		err = exec.Command(self, "-test.run", "^$", "-test.bench", "(").Run()
	}
	if !isExit(err, code) {
		t.Fatalf("not code %d: %v", code, err)
	}
	return err
}

// TestLsofEnds holds that a failure of lsof is never an empty table.
func TestLsofEnds(t *testing.T) {
	for _, c := range []struct {
		name, out, complaint string
		err                  error
		rows, warnings       int
		fails                bool
	}{
		{"all", string(macLsof()), "", nil, 8, 0, false},
		{"no UDP socket at all", string(macLsof()), "", exitWith(t, 1), 8, 0, false},
		{"none", "", "", exitWith(t, 1), 0, 0, false},
		{"a part", string(macLsof()), "lsof: WARNING: can't stat() x", exitWith(t, 1), 8, 1, false},
		{"nothing but a complaint", "", "lsof: unsupported option", exitWith(t, 1), 0, 0, true},
		{"killed on the way", string(macLsof()), "", exitWith(t, 2), 0, 0, true},
		{"missing", "", "", exec.ErrNotFound, 0, 0, true},
	} {
		rows, warnings, err := lsofRows(t.Context(), func(context.Context, ...string) ([]byte, string, error) {
			return []byte(c.out), c.complaint, c.err
		})
		if len(rows) != c.rows || len(warnings) != c.warnings || (err != nil) != c.fails {
			t.Errorf("%s: %d rows, warnings %v, error %v", c.name, len(rows), warnings, err)
		}
		if c.fails && !errors.Is(err, c.err) {
			t.Errorf("%s: %v does not tell of %v", c.name, err, c.err)
		}
	}
}

// TestLsofHere asks the lsof of this machine about sockets of this process.
func TestLsofHere(t *testing.T) {
	if _, err := exec.LookPath("lsof"); err != nil {
		t.Skip(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	u, err := net.ListenPacket("udp", "[::1]:0")
	if err != nil {
		t.Skip(err)
	}
	defer u.Close()
	rows, _, err := lsofRows(t.Context(), findTool("lsof", "/usr/sbin/lsof"))
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[string]State)
	for _, r := range rows {
		if len(r.pids) == 1 && r.pids[0] == os.Getpid() {
			seen[r.Proto+" "+r.Local.String()] = r.State
		}
	}
	for name, want := range map[string]State{"tcp " + l.Addr().String(): StateListen, "udp " + u.LocalAddr().String(): StateBound} {
		if got := seen[name]; got != want {
			t.Errorf("%s is %v of %v", name, got, seen)
		}
	}
}

func TestParseEndpoint(t *testing.T) {
	for _, c := range []struct {
		text string
		v6   bool
		want string
	}{
		{"*:22", false, "0.0.0.0:22"},
		{"*:22", true, "[::]:22"},
		{"127.0.0.1:631", false, "127.0.0.1:631"},
		{"127.0.0.1:631", true, "[::ffff:127.0.0.1]:631"},
		{"[::1]:631", true, "[::1]:631"},
		{"::1:631", true, "[::1]:631"},
		{"fe80::1%em0:546", true, "[fe80::1%em0]:546"},
	} {
		if got, ok, err := parseEndpoint(c.text, c.v6); err != nil || !ok || got.String() != c.want {
			t.Errorf("%q: %v, %v, %v", c.text, got, ok, err)
		}
	}
	for _, text := range []string{"", "*:*"} {
		if got, ok, err := parseEndpoint(text, false); ok || err != nil || got != (netip.AddrPort{}) {
			t.Errorf("%q: %v, %v, %v", text, got, ok, err)
		}
	}
	for _, text := range []string{"22", "*:http", "*:70000", "x:22", ":22"} {
		if got, ok, err := parseEndpoint(text, false); err == nil || ok {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func FuzzLsof(f *testing.F) {
	f.Add(macLsof())
	f.Fuzz(func(t *testing.T, out []byte) {
		lines, _ := parseLsof(out)
		mergeLsof(lines)
	})
}
