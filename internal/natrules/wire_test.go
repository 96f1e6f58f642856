package natrules

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"slices"
	"syscall"
	"testing"

	"porthole/internal/netlink"
)

const seq = 7

// attribute makes a struct nlattr.
func attribute(kind uint16, value ...byte) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(netlink.AttrLen+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, netlink.Aligned(len(b))-len(b))...)
}

func number(kind uint16, n uint32) []byte {
	return attribute(kind, binary.BigEndian.AppendUint32(nil, n)...)
}

// expression makes an element of NFTA_RULE_EXPRESSIONS.
func expression(name string, data ...[]byte) []byte {
	return attribute(1, append(text(1, name), attribute(2, slices.Concat(data...)...)...)...)
}

func value(kind uint16, b ...byte) []byte { return attribute(kind, attribute(1, b...)...) }

// published is "tcp dport 8080 dnat ip to 172.17.0.2:80" as nft writes it.
func published() []byte {
	return slices.Concat(
		expression("meta", number(1, 1), number(2, 16)),
		expression("cmp", number(1, 1), number(2, 0), value(3, 6)),
		expression("payload", number(1, 1), number(2, 2), number(3, 2), number(4, 2)),
		expression("cmp", number(1, 1), number(2, 0), value(3, 8080>>8, 8080&0xff)),
		expression("immediate", number(1, 1), value(2, 172, 17, 0, 2)),
		expression("immediate", number(1, 2), value(2, 0, 80)),
		expression("nat", number(1, 1), number(2, 2), number(3, 1), number(5, 2)),
	)
}

func message(kind uint16, seq uint32, body []byte) []byte {
	order := binary.NativeEndian
	b := order.AppendUint32(nil, uint32(netlink.HeaderLen+len(body)))
	b = order.AppendUint16(b, kind)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint32(b, seq)
	b = order.AppendUint32(b, 0)
	b = append(b, body...)
	return append(b, make([]byte, netlink.Aligned(len(b))-len(b))...)
}

func TestVisit(t *testing.T) {
	rule := message(newRule, seq, append([]byte{2, 0, 0, 0}, attribute(4, published()...)...))
	var seen []Rule
	see := func(family uint8, b []byte) error {
		f, err := readFields(b)
		if err != nil {
			return err
		}
		if !leads(f[4]) || family != 2 {
			t.Errorf("family %d leads %v", family, leads(f[4]))
		}
		rules, err := interpret(f[4], nil)
		seen = append(seen, rules...)
		return err
	}
	datagram := slices.Concat(message(newRule, seq+1, nil), rule, message(netlink.TypeDone, seq, make([]byte, 4)))
	done, err := visit(datagram, seq, newRule, see)
	want := Rule{Proto: "tcp", First: 8080, Last: 8080, To: netip.MustParseAddr("172.17.0.2"), ToFirst: 80, ToLast: 80}
	if !done || err != nil || !slices.Equal(seen, []Rule{want}) {
		t.Errorf("done %v, %v: %+v", done, err, seen)
	}
	for about, test := range map[string]struct {
		datagram []byte
		want     error
	}{
		"refused":        {message(netlink.TypeError, seq, binary.NativeEndian.AppendUint32(nil, ^uint32(0))), syscall.EPERM},
		"cut off":        {rule[:len(rule)-8], netlink.ErrShort},
		"half a header":  {rule[:10], netlink.ErrShort},
		"no family":      {message(newRule, seq, nil), netlink.ErrShort},
		"interrupted":    {func() []byte { b := slices.Clone(rule); b[6] |= netlink.FlagInterrupted; return b }(), errInterrupted},
		"bad attributes": {message(newRule, seq, []byte{2, 0, 0, 0, 200, 0, 4, 0}), netlink.ErrShort},
	} {
		if _, err := visit(test.datagram, seq, newRule, see); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", about, err, test.want)
		}
	}
}

func TestFrom(t *testing.T) {
	for _, test := range []struct {
		rule        Rule
		port        uint16
		first, last uint16
		ok          bool
	}{
		{Rule{First: 80, Last: 90}, 85, 85, 85, true},
		{Rule{First: 80, Last: 90}, 91, 0, 0, false},
		{Rule{First: 8080, Last: 8080, ToFirst: 80, ToLast: 80}, 80, 8080, 8080, true},
		{Rule{First: 8080, Last: 8080, ToFirst: 80, ToLast: 80}, 8080, 0, 0, false},
		{Rule{First: 8000, Last: 8010, ToFirst: 9000, ToLast: 9010}, 9003, 8000, 8010, true},
		{Rule{First: 8000, Last: 8010, ToFirst: 9000, ToLast: 9010, Shifted: true}, 9003, 8003, 8003, true},
		{Rule{First: 8000, Last: 8001, ToFirst: 9000, ToLast: 9010, Shifted: true}, 9003, 0, 0, false},
	} {
		first, last, ok := test.rule.From(test.port)
		if ok != test.ok || ok && (first != test.first || last != test.last) {
			t.Errorf("%+v from %d: %d-%d, %v", test.rule, test.port, first, last, ok)
		}
	}
}

func FuzzInterpret(f *testing.F) {
	f.Add(published(), []byte{0, 80}, []byte{172, 17, 0, 2})
	f.Add(slices.Concat(
		expression("payload", number(1, 9), number(2, 2), number(3, 2), number(4, 2)),
		expression("lookup", text(1, "__map0"), number(2, 9), number(3, 8)),
		expression("nat", number(1, 1), number(2, 2), number(3, 8), number(5, 9)),
	), []byte{0, 80}, []byte{172, 17, 0, 2, 0x1f, 0x90, 0, 0})
	info := slices.Concat(make([]byte, 4), []byte{172, 17, 0, 2}, make([]byte, 12), []byte{172, 17, 0, 2}, make([]byte, 12), []byte{0, 80, 0, 80, 0, 0, 0, 0})
	binary.NativeEndian.PutUint32(info, 3)
	f.Add(expression("target", text(1, "DNAT"), number(2, 2), attribute(3, info...)), []byte{}, []byte{})
	f.Add(expression("match", text(1, "tcp"), number(2, 0), attribute(3, make([]byte, 12)...)), []byte{}, []byte{})
	f.Add(expression("match", text(1, "multiport"), number(2, 1), attribute(3, append([]byte{1, 15}, make([]byte, 46)...)...)), []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, expressions, key, value []byte) {
		leads(expressions)
		rules, _ := interpret(expressions, func(string) ([]element, error) {
			return joinIntervals([]element{{key: key, value: value}, {key: value, last: boundary}}), nil
		})
		for _, r := range rules {
			if !r.To.IsValid() || r.Proto == "" || r.First > r.Last {
				t.Errorf("%+v leads nowhere or from nowhere", r)
			}
			r.From(80)
			r.Port(80)
		}
	})
}

func FuzzVisit(f *testing.F) {
	f.Add(message(newRule, seq, append([]byte{2, 0, 0, 0}, attribute(4, published()...)...)))
	f.Add(message(newElements, seq, append([]byte{2, 0, 0, 0}, attribute(3, attribute(1, value(1, 0, 80)...)...)...)))
	f.Add(message(netlink.TypeDone, seq, make([]byte, 4)))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		for _, kind := range []uint16{newRule, newElements} {
			visit(datagram, seq, kind, func(_ uint8, b []byte) error {
				fields, err := readFields(b)
				if err != nil {
					return err
				}
				leads(fields[4])
				all, err := readElements(fields[3], nil)
				joinIntervals(all)
				return err
			})
		}
	})
}
