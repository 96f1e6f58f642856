package firewall

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"porthole/internal/firewall/ruleset"
)

// TestReadBound: of too many rules nothing is kept, and it is said, so that the verdict
// is unknown and not that everyone gets through.
func TestReadBound(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, for a network namespace of its own")
	}
	nft, err := exec.LookPath("nft")
	if err != nil {
		t.Skip(err)
	}
	type read struct {
		host *Host
		err  error
	}
	hosts := make(chan map[int]read)
	go func() { // on a thread that ends with its namespace
		defer close(hosts)
		runtime.LockOSThread()
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			t.Log(err)
			return
		}
		cmd := exec.Command(nft, "-f", "-")
		cmd.Stdin = strings.NewReader("table inet a {\n\tset s { type inet_service; flags interval; elements = { 1-10, 20-30, 40-50, 60-70 }; }\n\tchain c { type filter hook input priority 0; tcp dport @s drop; }\n}\n")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Logf("%v: %s", err, out)
			return
		}
		all := make(map[int]read)
		for _, limit := range []int{0, 500, 1000, 1 << 20} {
			h, err := readInto(t.Context(), func() builder { return &ruleset.Builder{} }, limit)
			all[limit] = read{h, err}
		}
		hosts <- all
	}()
	all, ok := <-hosts
	if !ok {
		t.Skip("there is no nftables")
	}
	for limit, r := range all {
		switch {
		case r.err != nil:
			t.Error(limit, r.err)
		case limit == 1<<20:
			if r.host.Rules.Empty() || len(r.host.Unread) > 0 {
				t.Errorf("%+v", r.host)
			}
		case !r.host.Rules.Empty() || len(r.host.Unread) != 1:
			t.Errorf("%d bytes: %+v", limit, r.host)
		case len(Translations(r.host.Rules)) > 0:
			t.Error(limit)
		}
	}
}
