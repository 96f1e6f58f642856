// Package forest puts sockets below the processes that hold them, and those below
// the processes that started them.
package forest

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"porthole/internal/record"
)

// Line is a line of the forest.
type Line struct {
	// Text is the branch with the process, for the first line of each, else the
	// branch alone. It has the name of the process as that gave it.
	Text  string
	Named bool // Text has the process
	// Socket is the index of a record; -1 for a process that holds none, or holds
	// only what a process above it holds as well.
	Socket int
}

// node is a process.
type node struct {
	pid      int
	text     string
	children []*node
	sockets  []int
}

// Lines draws the records. Processes are in the order of their numbers, the sockets
// of each in that of the records. A socket that several processes share is below
// the one that started the others. What no process is seen to hold comes last, below
// what unheld says of it.
func Lines(records []*record.Record, unheld func(*record.Record) string) []Line {
	f := planted{nodes: make(map[int]*node)}
	loose := make(map[string]*node)
	for i, r := range records {
		holders := r.Holders()
		if len(holders) == 0 {
			text := unheld(r)
			if loose[text] == nil {
				loose[text] = &node{text: text}
			}
			loose[text].sockets = append(loose[text].sockets, i)
		}
		for _, p := range holders {
			n := f.plant(p)
			if !p.StartedByAny(holders) {
				n.sockets = append(n.sockets, i)
			}
		}
	}
	var lines []Line
	byPID(f.roots)
	for _, n := range f.roots {
		lines = n.lines(lines, "", "")
	}
	for _, text := range slices.Sorted(maps.Keys(loose)) {
		lines = loose[text].lines(lines, "", "")
	}
	return lines
}

// planted is the forest so far. A process stays where it was first seen.
type planted struct {
	nodes map[int]*node
	roots []*node
}

// plant adds a process and those that started it.
func (f *planted) plant(p record.Process) *node {
	chain := slices.Clone(p.Parents)
	slices.Reverse(chain)
	var above *node
	for _, parent := range append(chain, record.Parent{PID: p.PID, Name: p.Name}) {
		n := f.nodes[parent.PID]
		if n == nil {
			n = &node{pid: parent.PID, text: fmt.Sprintf("%s (%d)", cmp.Or(parent.Name, "?"), parent.PID)}
			f.nodes[parent.PID] = n
			if above == nil {
				f.roots = append(f.roots, n)
			} else {
				above.children = append(above.children, n)
			}
		}
		above = n
	}
	return above
}

func byPID(nodes []*node) {
	slices.SortFunc(nodes, func(a, b *node) int { return cmp.Compare(a.pid, b.pid) })
}

// lines adds the lines of a node and of the nodes below it. Its own line begins with
// first, the others with others.
func (n *node) lines(to []Line, first, others string) []Line {
	line := Line{Text: first + n.text, Named: true, Socket: -1}
	rest := others
	if len(n.children) > 0 {
		rest += "│"
	}
	for _, socket := range n.sockets {
		line.Socket = socket
		to = append(to, line)
		line = Line{Text: rest, Socket: -1}
	}
	if len(n.sockets) == 0 {
		to = append(to, line)
	}
	byPID(n.children)
	for i, child := range n.children {
		if i == len(n.children)-1 {
			to = child.lines(to, others+"└─ ", others+"   ")
		} else {
			to = child.lines(to, others+"├─ ", others+"│  ")
		}
	}
	return to
}
