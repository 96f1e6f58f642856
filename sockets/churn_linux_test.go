package sockets

import (
	"strconv"
	"testing"

	"porthole/internal/sockdiag"
)

// TestChurn lists beside listeners of one address that come and go: none comes
// twice, and none that stays is missing.
func TestChurn(t *testing.T) {
	needRoot(t)
	pid, said := startRole(t, "churn", inNewNamespace)
	steady := make(map[uint64]bool)
	for _, text := range said {
		if inode, err := strconv.ParseUint(text, 10, 64); err == nil {
			steady[inode] = true
		}
	}
	if len(steady) != 600 {
		t.Fatalf("the helper named %d listeners", len(steady))
	}
	lists := 30
	if testing.Short() {
		lists = 5
	}
	inside := netnsOf(pid)
	for range lists {
		seen, stay := make(map[uint64]int), 0
		for _, s := range list(t, &Lister{NoProcess: true}).Sockets {
			if s.NetNS != inside {
				continue
			}
			if seen[s.Cookie]++; seen[s.Cookie] > 1 {
				t.Errorf("socket %d comes twice", s.Inode)
			}
			if steady[s.Inode] {
				stay++
			}
		}
		if stay != len(steady) {
			t.Errorf("%d of %d that stay", stay, len(steady))
		}
	}
}

func TestRepeats(t *testing.T) {
	many := make([]sockdiag.Socket, onePiece+1)
	for i := range many {
		many[i].Cookie = uint64(i + 1)
	}
	if repeats(many) {
		t.Error("each is there once")
	}
	many[5].Cookie = many[90].Cookie
	if !repeats(many) {
		t.Error("one is there twice")
	}
}

// TestWithoutPassing: what closed while the table was read is no row, but of those
// that somebody holds.
func TestWithoutPassing(t *testing.T) {
	rows := []row{{passing: true}, {passing: true, pids: []int{1}}, {}}
	if got := withoutPassing(rows); len(got) != 2 || len(got[0].pids) != 1 || got[1].passing {
		t.Errorf("kept %+v", got)
	}
}
