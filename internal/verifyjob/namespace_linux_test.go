package verifyjob

import (
	"net"
	"net/netip"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"

	"porthole/internal/netlab"
	"porthole/internal/record"
)

// TestOtherNamespace asks a server in another network namespace, at an address
// there that is not loopback. A process shows the way.
func TestOtherNamespace(t *testing.T) {
	addr := netip.MustParseAddr("198.18.0.3")
	n := netlab.Require(t, netlab.Config{Alive: []netip.Addr{addr}}).Target()
	var l net.Listener
	var inode uint64
	err := n.Do(func() (err error) {
		info, err := os.Stat("/proc/thread-self/ns/net")
		if err != nil {
			return err
		}
		inode = info.Sys().(*syscall.Stat_t).Ino
		l, err = net.Listen("tcp4", "0.0.0.0:0")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			ssh(conn)
			conn.Close()
		}
	})
	defer func() { l.Close(); all.Wait() }()
	inside := n.Command("cat")
	stdin, err := inside.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := inside.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { stdin.Close(); inside.Wait() }()

	at := l.Addr().(*net.TCPAddr).AddrPort()
	r := listener(at.Port(), record.Process{PID: inside.Process.Pid})
	r.Addr, r.NetNS = "0.0.0.0", inode
	waitInside(t, inside.Process.Pid, inode)
	if err := (Job{NetNS: 1}).Run(t.Context(), []*record.Record{r}); err != nil {
		t.Fatal(err)
	}
	v := r.Verified
	if v == nil || v.Service != "ssh" {
		t.Fatalf("%+v", v)
	}
	if asked, err := netip.ParseAddrPort(v.Asked); err != nil || asked.Addr().IsLoopback() || asked.Port() != at.Port() {
		t.Errorf("asked at %q: %v", v.Asked, err)
	}
}

// waitInside waits until a process has entered its namespace, which it does as it
// starts.
func waitInside(t *testing.T, pid int, inode uint64) {
	t.Helper()
	path := "/proc/" + strconv.Itoa(pid) + "/ns/net"
	for t.Context().Err() == nil {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Sys().(*syscall.Stat_t).Ino == inode {
			return
		}
	}
}
