package sockets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"testing"

	pscommon "github.com/shirou/gopsutil/v3/common"
	psnet "github.com/shirou/gopsutil/v3/net"
	"github.com/shirou/gopsutil/v3/process"
)

// describePID is that of the other systems, which Linux can do too.
func describePID(ctx context.Context, pid int, people *users) (Process, error) {
	return describeBy(ctx, pid, &process.Process{Pid: int32(pid)}, process.PidExistsWithContext, people)
}

// TestConnectionsRetries: one process that ends under gopsutil's hands fails
// gopsutil's whole call; it must not fail the list.
func TestConnectionsRetries(t *testing.T) {
	lines := []psnet.ConnectionStat{line(tcp, false, addr("127.0.0.1", 80), psnet.Addr{}, "LISTEN", 7)}
	vanished := fmt.Errorf("could not get pid(s), 0: %w", &os.PathError{Op: "readdirent", Path: "/proc/9/fd", Err: syscall.ESRCH})
	refused := &os.PathError{Op: "open", Path: "/proc/net/tcp", Err: syscall.EMFILE}
	for _, test := range []struct {
		about       string
		fails       int // that many calls with holders fail …
		with        error
		wantLines   int
		wantWarning error
		wantErr     error
	}{
		{"calm", 0, nil, 1, nil, nil},
		{"twice", 2, vanished, 1, nil, nil},
		{"for ever", 1000, vanished, 1, errUnsettled, nil},
		{"another failure", 1, refused, 0, nil, syscall.EMFILE},
	} {
		calls := 0
		call := func(ctx context.Context, kind string) ([]psnet.ConnectionStat, error) {
			env, _ := ctx.Value(pscommon.EnvKey).(pscommon.EnvMap)
			if bare := env[pscommon.HostProcEnvKey] == "/p/self"; !bare {
				if calls++; calls <= test.fails {
					return nil, test.with
				}
			}
			return lines, nil
		}
		got, warnings, err := connections(t.Context(), "/p", true, call)
		if !errors.Is(err, test.wantErr) || len(got) != test.wantLines {
			t.Errorf("%s: %d lines, %v; want %d, %v", test.about, len(got), err, test.wantLines, test.wantErr)
		}
		if !errors.Is(errors.Join(warnings...), test.wantWarning) {
			t.Errorf("%s: warnings %v, want %v", test.about, warnings, test.wantWarning)
		}
	}
}
