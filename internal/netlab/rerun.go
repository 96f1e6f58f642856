package netlab

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
)

// insideVariable marks a process that RunTest started.
const insideVariable = "PORTHOLE_NETLAB_TEST"

// Inside reports whether this process is the one that [Namespace.RunTest]
// started to run the named test inside a namespace.
func Inside(t testing.TB) bool { return os.Getenv(insideVariable) == t.Name() }

// RunTest runs the calling test once more, alone and in a process of its own
// inside the namespace, with env ("NAME=value") added to its environment, and
// fails t unless it passes there. That is how to test code that starts
// goroutines:
//
//	func TestScanAcrossLoss(t *testing.T) {
//		if netlab.Inside(t) {
//			… // scan 198.18.0.1 and check the results
//			return
//		}
//		lab := netlab.Require(t, netlab.Config{Loss: 0.03})
//		… // open ports on lab.Target()
//		lab.Scanner().RunTest(t)
//	}
func (n *Namespace) RunTest(t testing.TB, env ...string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	levels := strings.Split(t.Name(), "/")
	for i, level := range levels {
		levels[i] = "^" + regexp.QuoteMeta(level) + "$"
	}
	cmd := n.Command(self, "-test.v", "-test.count=1", "-test.run="+strings.Join(levels, "/"))
	if limited, ok := t.(interface{ Deadline() (time.Time, bool) }); ok {
		if end, ok := limited.Deadline(); ok { // nothing else would end that process
			cmd.Args = append(cmd.Args, "-test.timeout="+time.Until(end).String())
		}
	}
	cmd.Env = append(append(os.Environ(), insideVariable+"="+t.Name()), env...)
	out, err := cmd.CombinedOutput()
	if err == nil && !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Fatalf("the test did not run inside the %s side:\n%s", n.name, out)
	}
	if err != nil {
		t.Fatalf("inside the %s side: %v\n%s", n.name, err, out)
	}
	t.Logf("inside the %s side:\n%s", n.name, out)
}
