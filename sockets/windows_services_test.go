package sockets

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestServiceNames(t *testing.T) {
	got := serviceNames([]service{{"WinDefend", 3000}, {"nsi", 1200}, {"Dnscache", 1200}, {"stopping", 0}})
	if diff := cmp.Diff(map[int]string{3000: "WinDefend", 1200: "Dnscache, nsi"}, got); diff != "" {
		t.Error(diff)
	}
}
