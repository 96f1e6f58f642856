package hosts

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
)

// TestSystem holds that names are resolved by Go also where the C library is
// linked and asked for: only Go's resolver calls Dial.
func TestSystem(t *testing.T) {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		t.Skip("here every build asks the system")
	}
	const setting = "netdns=cgo" // read once for a process, so that it takes another one
	if !strings.Contains(os.Getenv("GODEBUG"), setting) {
		cmd := exec.Command(os.Args[0], "-test.run=^TestSystem$", "-test.v")
		cmd.Env = append(os.Environ(), "GODEBUG="+setting)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	r := System()
	var dialed atomic.Bool // the resolver dials for A and for AAAA side by side
	r.Dial = func(context.Context, string, string) (net.Conn, error) {
		dialed.Store(true)
		return nil, errors.New("no name server")
	}
	if names, err := r.LookupAddr(t.Context(), "192.0.2.1"); err == nil || !dialed.Load() {
		t.Errorf("LookupAddr: %q, %v, Go's resolver asked: %v", names, err, dialed.Load())
	}
	dialed.Store(false)
	if addrs, err := r.LookupNetIP(t.Context(), "ip", "name.invalid"); err == nil || !dialed.Load() {
		t.Errorf("LookupNetIP: %v, %v, Go's resolver asked: %v", addrs, err, dialed.Load())
	}
}
