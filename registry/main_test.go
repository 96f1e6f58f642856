package registry

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// parse is ParsePorts on the built-in tables for expressions that are right.
func parse(t testing.TB, expr string, protos ...string) Ports {
	t.Helper()
	var r Registry
	p, err := r.ParsePorts(expr, protos...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}
