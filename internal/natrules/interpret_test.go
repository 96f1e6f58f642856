package natrules

import (
	"encoding/binary"
	"slices"
	"testing"

	"porthole/internal/netlink"
)

// attribute makes a struct nlattr.
func attribute(kind uint16, value ...byte) []byte { return netlink.AppendAttribute(nil, kind, value) }

func text(kind uint16, value string) []byte { return netlink.AppendText(nil, kind, value) }

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

// FuzzElements holds that whatever a set has, its elements can be read.
func FuzzElements(f *testing.F) {
	f.Add(attribute(1, value(1, 0, 80)...))
	f.Fuzz(func(t *testing.T, b []byte) {
		leads(b)
		all, err := readElements(b, nil)
		if err == nil {
			joinIntervals(all)
		}
	})
}
