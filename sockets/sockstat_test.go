package sockets

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// bsdSockstat is in the form of sockstat(1) with -w and -s: a server and its child,
// commands with blanks, one of which looks like a line, a socket without a holder,
// and all that "4" and "6" can say.
const bsdSockstat = `USER     COMMAND    PID   FD  PROTO  LOCAL ADDRESS         FOREIGN ADDRESS       CONN STATE
root     sshd       812   3   tcp6   *:22                  *:*                   LISTEN
root     sshd       812   4   tcp4   *:22                  *:*                   LISTEN
www      nginx      901   6   tcp46  *:8080                *:*                   LISTEN
www      nginx      902   6   tcp46  *:8080                *:*                   LISTEN
postgres postgres: writer 1010 5 tcp4 127.0.0.1:5432 *:* LISTEN
eve      a 1 3 tcp4 1313  7   tcp4   *:6666                *:*                   LISTEN
ntpd     ntpd       840   20  udp6   fe80::1%lo0:123       *:*
ntpd     ntpd       840   21  udp4   127.0.0.1:123         *:*
root     syslogd    700   6   udp4   *:*                   *:*
unbound  unbound    733   9   udp4   192.0.2.1:40000       198.51.100.7:53
?        ?          ?     ?   tcp4   192.0.2.1:22          198.51.100.9:51000    TIME_WAIT
root     sshd       1500  4   tcp4   192.0.2.1:22          198.51.100.9:51001    ESTABLISHED
`

func TestSockstat(t *testing.T) {
	rows, warnings := parseSockstat([]byte(bsdSockstat))
	want := []string{
		"tcp [::]:22 invalid AddrPort listen [812] fd3 q0/0",
		"tcp 0.0.0.0:22 invalid AddrPort listen [812] fd4 q0/0",
		"tcp [::]:8080 invalid AddrPort listen [901 902] fd6 q0/0",
		"tcp 127.0.0.1:5432 invalid AddrPort listen [1010] fd5 q0/0",
		"tcp 0.0.0.0:6666 invalid AddrPort listen [1313] fd7 q0/0",
		"udp [fe80::1%lo0]:123 invalid AddrPort bound [840] fd20 q0/0",
		"udp 127.0.0.1:123 invalid AddrPort bound [840] fd21 q0/0",
		"udp 192.0.2.1:40000 198.51.100.7:53 connected [733] fd9 q0/0",
		"tcp 192.0.2.1:22 198.51.100.9:51000 time-wait [] fd0 q0/0",
		"tcp 192.0.2.1:22 198.51.100.9:51001 established [1500] fd4 q0/0",
	}
	if diff := cmp.Diff(want, texts(rows)); diff != "" || warnings != nil {
		t.Error(diff, warnings)
	}
	if got := []Tristate{rows[0].V6Only, rows[1].V6Only, rows[2].V6Only}; got[0] != TristateYes || got[1] != TristateUnknown || got[2] != TristateNo {
		t.Errorf("tcp6, tcp4 and tcp46 are IPv6 only: %v", got)
	}
	rows, warnings = parseSockstat([]byte("root sshd 1 3 tcp4 *:ssh *:* LISTEN\nnot a line\n"))
	if len(rows) != 0 || len(warnings) != 1 || !strings.Contains(warnings[0].Error(), "2 lines") {
		t.Errorf("bad lines: %v, %v", rows, warnings)
	}
}

// TestSockstatEnds holds that a failure is an error, and a complaint a warning.
func TestSockstatEnds(t *testing.T) {
	run := func(complaint string, err error) tool {
		return func(context.Context, ...string) ([]byte, string, error) { return []byte(bsdSockstat), complaint, err }
	}
	if _, _, err := sockstatRows(t.Context(), run("", exec.ErrNotFound)); err == nil {
		t.Error("a missing sockstat is no error")
	}
	if rows, warnings, err := sockstatRows(t.Context(), run("sockstat: kern.file", nil)); err != nil || len(rows) == 0 || len(warnings) != 1 {
		t.Errorf("%d rows, %v, %v", len(rows), warnings, err)
	}
}

func FuzzSockstat(f *testing.F) {
	f.Add([]byte(bsdSockstat))
	f.Fuzz(func(t *testing.T, out []byte) { parseSockstat(out) })
}
