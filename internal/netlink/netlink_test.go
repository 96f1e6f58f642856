package netlink

import (
	"encoding/binary"
	"errors"
	"slices"
	"testing"
)

func attribute(kind uint16, value string) []byte {
	b := binary.NativeEndian.AppendUint16(nil, uint16(AttrLen+len(value)))
	b = append(binary.NativeEndian.AppendUint16(b, kind), value...)
	return append(b, make([]byte, Aligned(len(b))-len(b))...)
}

func TestAttributes(t *testing.T) {
	const nested = 1 << 15 // NLA_F_NESTED
	run := slices.Concat(attribute(1, "lo\x00"), attribute(nested|2, "eth0"))
	var got []string
	take := func(kind uint16, value []byte) error {
		got = append(got, string(rune('0'+kind))+Text(value))
		return nil
	}
	if err := Attributes(run, take); err != nil || !slices.Equal(got, []string{"1lo", "2eth0"}) {
		t.Errorf("%q, %v", got, err)
	}
	for name, bad := range map[string][]byte{"half an attribute": run[:2], "too long": {9, 0, 1, 0, 0}, "too short": {3, 0, 1, 0}} {
		if err := Attributes(bad, take); !errors.Is(err, ErrShort) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stop := errors.New("enough")
	if err := Attributes(run, func(uint16, []byte) error { return stop }); err != stop {
		t.Errorf("the error of take became %v", err)
	}
}

// FuzzNext holds that whatever comes is parted into messages that lie inside, or
// is an error, and that it ends.
func FuzzNext(f *testing.F) {
	f.Add([]byte{20, 0, 0, 0, 3, 0, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4})
	f.Add([]byte{17, 0, 0, 0, 3, 0, 2, 0, 7, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, datagram []byte) {
		for len(datagram) > 0 {
			m, rest, err := Next(datagram)
			if err != nil {
				if !errors.Is(err, ErrShort) {
					t.Fatal(err)
				}
				return
			}
			if len(rest)+len(m.Body)+HeaderLen > len(datagram) {
				t.Fatalf("%d and %d bytes of %d", len(m.Body), len(rest), len(datagram))
			}
			datagram = rest
		}
	})
}
