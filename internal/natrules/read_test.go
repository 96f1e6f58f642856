package natrules

import (
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"porthole/internal/netlink"
	"porthole/internal/netlink/netlinktest"
)

// ruleMessage is the answer of nftables that tells of one rule.
func ruleMessage(expressions []byte) netlink.Message {
	return netlink.Message{Type: newRule, Flags: netlink.FlagMulti, Body: append([]byte{2, 0, 0, 0}, attribute(4, expressions...)...)}
}

// TestReader plays nftables with one rule whose ports are a map.
func TestReader(t *testing.T) {
	mapped := slices.Concat(
		expression("meta", number(1, 1), number(2, 16)),
		expression("cmp", number(1, 1), number(2, 0), value(3, 6)),
		expression("payload", number(1, 1), number(2, 2), number(3, 2), number(4, 2)),
		expression("lookup", text(1, "__map0"), number(2, 1), number(3, 1)),
		expression("nat", number(1, 1), number(2, 2), number(3, 1)),
	)
	elements := netlink.Message{Type: newElements, Flags: netlink.FlagMulti, Body: append([]byte{2, 0, 0, 0},
		attribute(3, attribute(1, slices.Concat(value(1, 0, 80), value(2, 172, 17, 0, 3))...)...)...)}
	calls := 0
	c := netlinktest.Dial(func(m netlink.Message) []netlink.Message {
		calls++
		switch {
		case m.Type == getElements:
			return []netlink.Message{elements, netlinktest.Done()}
		case calls == 1: // the rules change while they are read
			done := netlinktest.Done()
			done.Flags |= netlink.FlagInterrupted
			return []netlink.Message{ruleMessage(published()), done}
		default:
			return []netlink.Message{ruleMessage(published()), {Type: newRule + 100}, ruleMessage(mapped), netlinktest.Done()}
		}
	})
	got, err := reader{c}.read(t.Context())
	want := []Rule{
		{Proto: "tcp", First: 8080, Last: 8080, To: netip.MustParseAddr("172.17.0.2"), ToFirst: 80, ToLast: 80},
		{Proto: "tcp", First: 80, Last: 80, To: netip.MustParseAddr("172.17.0.3")},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

// TestReaderFails holds what comes of an answer that is a refusal or nonsense.
func TestReaderFails(t *testing.T) {
	for about, test := range map[string]struct {
		answer netlink.Message
		want   error
	}{
		"refused":        {netlinktest.Errno(syscall.EPERM), ErrUnavailable},
		"no family":      {netlink.Message{Type: newRule}, netlink.ErrShort},
		"bad attributes": {netlink.Message{Type: newRule, Body: []byte{2, 0, 0, 0, 200, 0}}, netlink.ErrShort},
	} {
		c := netlinktest.Dial(func(netlink.Message) []netlink.Message {
			return []netlink.Message{test.answer, netlinktest.Done()}
		})
		if rules, err := (reader{c}).read(t.Context()); !errors.Is(err, test.want) || rules != nil {
			t.Errorf("%s: %v, %v; want %v", about, rules, err, test.want)
		}
	}
}
