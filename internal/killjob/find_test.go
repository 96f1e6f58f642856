package killjob

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"porthole/registry"
	"porthole/sockets"
)

// TestFind: a process that ends while its port is looked at leaves its socket without a
// holder for a moment. It is looked at again, and what is there then counts.
func TestFind(t *testing.T) {
	socket := func(hidden sockets.Hidden, by ...sockets.Process) sockets.Socket {
		return sockets.Socket{Proto: "tcp", Local: netip.MustParseAddrPort("127.0.0.1:80"), State: sockets.StateListen, Hidden: hidden, Processes: by}
	}
	left, unseen, kernels := socket(sockets.HiddenNoOwner), socket(sockets.HiddenPermission), socket(sockets.HiddenKernel)
	server := socket(sockets.HiddenNone, sockets.Process{PID: 1<<22 + 1, Name: "server", Started: time.Now()}) // no process has that number
	const nobody, free = "no process to signal (no-owner)", "has ended by itself"
	for about, test := range map[string]struct {
		seen []([]sockets.Socket) // one after the other, the last one for ever
		want string               // of the error; "" is a target
	}{
		"it ends":              {[][]sockets.Socket{{left}, {}}, free},
		"it takes a while":     {[][]sockets.Socket{{left}, {left}, {left}, {}}, free},
		"it ends unseen":       {[][]sockets.Socket{{unseen}, {}}, free},
		"another takes over":   {[][]sockets.Socket{{left}, {server}}, ""},
		"nobody has it":        {[][]sockets.Socket{{left}}, nobody},
		"nobody had it":        {[][]sockets.Socket{{}}, "nothing holds 80"},
		"the kernel's own":     {[][]sockets.Socket{{kernels}, {}}, "no process to signal (kernel)"},
		"a server, which ends": {[][]sockets.Socket{{server}, {}}, ""},
	} {
		synctest.Test(t, func(t *testing.T) {
			j, err := New(new(registry.Registry), "80", "tcp")
			if err != nil {
				t.Fatal(err)
			}
			j.read = func(context.Context) (snap sockets.Snapshot, err error) {
				snap.Sockets = test.seen[0]
				if len(test.seen) > 1 {
					test.seen = test.seen[1:]
				}
				return snap, nil
			}
			targets, err := j.Find(t.Context())
			switch {
			case test.want == "" && (err != nil || len(targets) != 1):
				t.Errorf("%s: %v, %v", about, targets, err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)), errors.Is(err, ErrEnded) != (test.want == free):
				t.Errorf("%s: %v, %v; want %q", about, targets, err, test.want)
			}
		})
	}
}
