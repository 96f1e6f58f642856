package explain

import (
	"fmt"
	"slices"
	"strings"

	"porthole/internal/record"
)

// node is a process in the tree; the holders are marked by what they are.
type node struct {
	pid      int
	text     string
	children []*node
}

// tree draws the holders below those that started them, a line each. Only
// what somebody on the port descends from is shown.
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
				n = &node{pid: parent.PID, text: fmt.Sprintf("%s (%d)", orElse(parent.Name, "?"), parent.PID)}
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

// lines draws a node and what is below it: first stands before its own line,
// rest before the others.
func (n *node) lines(first, rest string) []string {
	out := []string{first + n.text}
	for i, child := range n.children {
		if i == len(n.children)-1 {
			out = append(out, child.lines(rest+"└─ ", rest+"   ")...)
		} else {
			out = append(out, child.lines(rest+"├─ ", rest+"│  ")...)
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
