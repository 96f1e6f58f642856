package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// node is a process in the tree.
type node struct {
	pid      int
	text     string
	children []*node
}

// tree draws the holders below their ancestors, a line for each process.
func tree(holders []record.Process) []string {
	nodes := make(map[int]*node)
	var roots []*node
	for _, p := range holders {
		chain := slices.Clone(p.Parents)
		slices.Reverse(chain)
		var above *node
		for _, parent := range append(chain, record.Parent{PID: p.PID, Name: p.Name}) {
			n := nodes[parent.PID]
			if n == nil {
				n = &node{pid: parent.PID, text: fmt.Sprintf("%s (%d)", cmp.Or(parent.Name, "?"), parent.PID)}
				nodes[parent.PID] = n
				if above == nil {
					roots = append(roots, n)
				} else {
					above.children = append(above.children, n)
				}
			}
			above = n
		}
		above.text = describe(p)
	}
	var lines []string
	for _, n := range roots {
		lines = append(lines, n.lines("", "")...)
	}
	return lines
}

// lines draws a node and the nodes below it. Its own line begins with first, the
// others with others.
func (n *node) lines(first, others string) []string {
	out := []string{first + n.text}
	for i, child := range n.children {
		if i == len(n.children)-1 {
			out = append(out, child.lines(others+"└─ ", others+"   ")...)
		} else {
			out = append(out, child.lines(others+"├─ ", others+"│  ")...)
		}
	}
	return out
}

// describe is the line of a holder.
func describe(p record.Process) string {
	parts := []string{name(p)}
	for _, part := range []string{p.User, p.Unit, p.Container} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if len(p.Cmdline) > 0 {
		parts = append(parts, strings.Join(p.Cmdline, " "))
	}
	return strings.Join(parts, "  ")
}
