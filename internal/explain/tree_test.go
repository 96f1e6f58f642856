package explain

import (
	"slices"
	"strings"
	"testing"

	"porthole/internal/record"
)

// TestTree checks that what a runtime runs is told by its folder.
func TestTree(t *testing.T) {
	w := machineOf(socket("0.0.0.0", 3000, "all", []record.Process{{PID: 7, Name: "node", Exe: "/usr/bin/node", Cmdline: []string{"node", "server.js"}, Dir: "/home/kim/shop"}}),
		socket("0.0.0.0", 80, "all", nginx()[:1]))
	if got := w.Explain(label(3000, ""), own()).Tree; !slices.Equal(got, []string{"node (7)  node server.js  in /home/kim/shop"}) {
		t.Errorf("%q", got)
	}
	if got := w.Explain(label(80, ""), own()).Tree[1]; strings.Contains(got, "/srv") {
		t.Errorf("%q", got)
	}
}
