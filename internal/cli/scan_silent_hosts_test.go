package cli

import (
	"net/netip"
	"slices"
	"testing"

	"porthole/internal/scanjob"
	"porthole/scanner"
)

func TestSilentHosts(t *testing.T) {
	host := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{203, 0, 113, n}) }
	verdict := func(n byte, state scanner.State, reason scanner.Reason) scanner.Result {
		return scanner.Result{Target: scanner.Target{Proto: "tcp", Addr: netip.AddrPortFrom(host(n), 80)}, State: state, Reason: reason}
	}
	const (
		silent      = " answered nothing: down, or a firewall drops all that was asked (no-response)"
		unreachable = " answered nothing: the network says that no host is there (host-unreach)"
	)
	for _, test := range []struct {
		name     string
		verdicts []scanner.Result
		notes    []string
	}{
		{"nothing asked", nil, nil},
		{"every port silent", []scanner.Result{
			verdict(1, scanner.StateFiltered, scanner.ReasonNoResponse),
			verdict(1, scanner.StateFiltered, scanner.ReasonNoResponse),
		}, []string{"203.0.113.1" + silent}},
		{"one port answers, before or after", []scanner.Result{
			verdict(1, scanner.StateClosed, scanner.ReasonConnRefused),
			verdict(1, scanner.StateFiltered, scanner.ReasonNoResponse),
			verdict(2, scanner.StateFiltered, scanner.ReasonHostUnreach),
			verdict(2, scanner.StateOpen, scanner.ReasonSynAck),
		}, nil},
		{"unreachable is more than silence", []scanner.Result{
			verdict(1, scanner.StateFiltered, scanner.ReasonNoResponse),
			verdict(1, scanner.StateFiltered, scanner.ReasonHostUnreach),
			verdict(1, scanner.StateFiltered, scanner.ReasonNoResponse),
		}, []string{"203.0.113.1" + unreachable}},
		{"a prohibition is an answer", []scanner.Result{verdict(1, scanner.StateFiltered, scanner.ReasonAdminProhibited)}, nil},
		{"UDP may be open", []scanner.Result{verdict(1, scanner.StateOpenFiltered, scanner.ReasonNoResponse)}, nil},
		{"not asked", []scanner.Result{verdict(1, scanner.StateUnknown, scanner.ReasonNoRoute)}, nil},
		{"several, by address", []scanner.Result{
			verdict(3, scanner.StateFiltered, scanner.ReasonNoResponse),
			verdict(2, scanner.StateFiltered, scanner.ReasonHostUnreach),
			verdict(1, scanner.StateFiltered, scanner.ReasonNoResponse),
		}, []string{"203.0.113.2" + unreachable, "203.0.113.1 and 203.0.113.3" + silent}},
	} {
		var hosts silentHosts
		for _, v := range test.verdicts {
			hosts.add(v)
		}
		if notes := hosts.notes(t.Context(), new(scanner.Neighbours)); !slices.Equal(notes, test.notes) {
			t.Errorf("%s: %q, want %q", test.name, notes, test.notes)
		}
	}

	var many silentHosts
	for n := range byte(scanjob.DiscoverAbove + 1) {
		many.add(verdict(n, scanner.StateFiltered, scanner.ReasonNoResponse))
	}
	if notes := many.notes(t.Context(), new(scanner.Neighbours)); notes != nil {
		t.Errorf("of more hosts than are named: %q", notes)
	}
}
