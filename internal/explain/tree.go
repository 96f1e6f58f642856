package explain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"porthole/internal/program"
	"porthole/internal/record"
)

// node is a process in the tree.
type node struct {
	pid      int
	text     string
	children []*node
}

// tree draws the holders below their ancestors, a line for each process.
func tree(holders []holder) []string {
	nodes := make(map[int]*node)
	var roots []*node
	for _, h := range holders {
		p := h.Process
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

// describe is the line of a holder. What a runtime runs is told by its folder: one
// "node server.js" is like another.
func describe(p record.Process) string {
	parts := []string{name(p)}
	for _, part := range []string{p.UserText(), p.Unit, p.Container} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	if command := command(p); command != "" {
		parts = append(parts, command)
	}
	if p.Dir != "" && program.Identify(p).Runtime != "" {
		parts = append(parts, "in "+p.Dir)
	}
	return strings.Join(parts, "  ")
}
