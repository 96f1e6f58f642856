package sockets

import (
	"strings"
	"testing"
)

// TestByPrefix: the beginning of an ID names a container if no other has it.
func TestByPrefix(t *testing.T) {
	one, two := strings.Repeat("a", 40)+strings.Repeat("b", 24), strings.Repeat("a", 40)+strings.Repeat("c", 24)
	byID := map[string]*Container{one: {ID: one}, two: {ID: two}}
	for id, want := range map[string]*Container{
		one: byID[one], one[:41]: byID[one], two[:50]: byID[two],
		one[:40]: nil, strings.Repeat("d", 30): nil, strings.Repeat("d", 64): nil,
	} {
		if got := byPrefix(byID, id); got != want {
			t.Errorf("%s: %v", id, got)
		}
	}
}
