package netlab

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// devices is what /proc/net/dev of a target side held.
const devices = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
   wan: 1380000   23000    0    5    0     0          0         0  1380000   23000    0  417    0     0       0          0
`

func TestParseSendDrops(t *testing.T) {
	for _, c := range []struct {
		name, table, device string
		want                uint64
		err                 string
	}{
		{"the device", devices, "wan", 417, ""},
		{"another", devices, "lo", 0, ""},
		{"none of that name", devices, "wa", 0, `no device "wa"`},
		{"short line", "wan: 1 2 3\n", "wan", 0, "too few counters"},
		{"no number", "wan: 1 2 3 4 5 6 7 8 9 10 11 x\n", "wan", 0, "invalid syntax"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := parseSendDrops(c.table, c.device)
			if got != c.want || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("%d, %v; want %d, %q", got, err, c.want, c.err)
			}
		})
	}
}

func FuzzParseSendDrops(f *testing.F) {
	f.Add(devices)
	f.Add("wan:1 2 3 4 5 6 7 8 9 10 11 12")
	f.Add("wan: 1 2 3\n")
	f.Add(":\nwan\n")
	f.Fuzz(func(t *testing.T, table string) {
		drops, err := parseSendDrops(table, device)
		if err == nil && !strings.Contains(table, fmt.Sprint(drops)) {
			t.Errorf("%d drops are not to be read in %q", drops, table)
		}
		if err == nil && !strings.Contains(table, device) {
			t.Errorf("%d drops of a device that %q does not name", drops, table)
		}
	})
}

func TestUnavailableIsUnsupported(t *testing.T) {
	err := error(&UnavailableError{Reason: "no such thing"})
	if !errors.Is(err, errors.ErrUnsupported) || errors.Is(err, os.ErrPermission) {
		t.Errorf("%v is the wrong error", err)
	}
}
