package cli

import (
	"strings"
	"syscall"
	"testing"
)

func TestPlural(t *testing.T) {
	for _, test := range []struct {
		n          int
		what, want string
	}{
		{1, "probe", "1 probe"}, {0, "probe", "0 probes"}, {2, "process", "2 processes"}, {3, "address", "3 addresses"},
		{1, "retry", "1 retry"}, {2, "retry", "2 retries"}, {1, "probe has", "1 probe has"}, {2, "probe has", "2 probes have"},
		{1, "open port", "1 open port"}, {2, "open port", "2 open ports"}, {2, "address is", "2 addresses are"},
	} {
		if got := plural(test.n, test.what); got != test.want {
			t.Errorf("%d %q: %q, want %q", test.n, test.what, got, test.want)
		}
	}
}

// TestScanErrorFiles holds that a scan that may not open its files says what helps.
func TestScanErrorFiles(t *testing.T) {
	if err := scanError(syscall.EMFILE); !strings.Contains(err.Error(), "ulimit -n ") {
		t.Error(err)
	}
}
