package cli

import (
	"testing"

	"porthole/registry"
	"porthole/sockets"
)

// TestHolders: a process is told once, but its right is of each socket.
func TestHolders(t *testing.T) {
	l, known := labels{new(registry.Registry)}, make(holders)
	for _, test := range []struct {
		pid   int
		right sockets.BindRight
		name  string
	}{
		{1, sockets.BindRightRoot, "web"}, {1, sockets.BindRightInherited, "web"}, {1, sockets.BindRightUnknown, "web"}, {2, sockets.BindRightUnknown, "other"},
	} {
		s := sockets.Socket{Processes: []sockets.Process{{PID: test.pid, Name: test.name, BindRight: test.right}}}
		r := l.socket(s, known)
		if got := (*r.Processes)[0]; got.PID != test.pid || got.Name != test.name || got.BindRight != test.right.String() {
			t.Errorf("%+v became %+v", test, got)
		}
	}
	if r := l.socket(sockets.Socket{}, nil); r.Processes != nil {
		t.Error("not asked for, but told")
	}
	if r := l.socket(sockets.Socket{}, known); r.Processes == nil || len(*r.Processes) > 0 {
		t.Error("a socket without holders is to tell that there are none")
	}
}
