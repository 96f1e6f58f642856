package label

import (
	"testing"

	"porthole/registry"
	"porthole/sockets"
)

// TestProcesses holds that a process is described once, and its right to bind for
// each socket.
func TestProcesses(t *testing.T) {
	services, known := new(registry.Registry), make(Processes)
	for _, test := range []struct {
		pid   int
		right sockets.BindRight
		name  string
	}{
		{1, sockets.BindRightRoot, "web"}, {1, sockets.BindRightInherited, "web"}, {1, sockets.BindRightUnknown, "web"}, {2, sockets.BindRightUnknown, "other"},
	} {
		s := sockets.Socket{Processes: []sockets.Process{{PID: test.pid, Name: test.name, BindRight: test.right}}}
		r := Socket(services, s, known)
		if got := (*r.Processes)[0]; got.PID != test.pid || got.Name != test.name || got.BindRight != test.right.String() {
			t.Errorf("%+v became %+v", test, got)
		}
	}
	if r := Socket(services, sockets.Socket{}, nil); r.Processes != nil {
		t.Error("processes that were not asked for")
	}
	if r := Socket(services, sockets.Socket{}, known); r.Processes == nil || len(*r.Processes) > 0 {
		t.Error("a socket without holders has no empty list of processes")
	}
}
