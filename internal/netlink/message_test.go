package netlink

import (
	"errors"
	"reflect"
	"slices"
	"testing"
)

func TestMessage(t *testing.T) {
	first := Message{Type: 20, Flags: FlagMulti, Seq: 7, Body: []byte("odd")}
	last := Message{Type: TypeDone, Seq: 7, Body: []byte{}}
	datagram := last.Append(first.Append(nil))
	var got []Message
	for len(datagram) > 0 {
		m, rest, err := Next(datagram)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, m)
		datagram = rest
	}
	if want := []Message{first, last}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestAttributes(t *testing.T) {
	run := AppendAttribute(AppendText(nil, 1, "lo"), FlagNested|2, []byte("eth0"))
	var got []string
	collect := func(kind uint16, value []byte) error {
		got = append(got, string(rune('0'+kind))+Text(value))
		return nil
	}
	if err := Attributes(run, collect); err != nil || !slices.Equal(got, []string{"1lo", "2eth0"}) {
		t.Errorf("%q, %v", got, err)
	}
	tooLong, tooShort := AppendAttribute(nil, 1, []byte{0}), AppendAttribute(nil, 1, nil)
	for name, bad := range map[string][]byte{"half an attribute": run[:2], "too long": tooLong[:4], "too short": append(tooShort, 3, 0)} {
		if err := Attributes(bad, collect); !errors.Is(err, ErrShort) {
			t.Errorf("%s: %v", name, err)
		}
	}
	stop := errors.New("stop")
	if err := Attributes(run, func(uint16, []byte) error { return stop }); err != stop {
		t.Errorf("the caller's error became %v", err)
	}
}

// FuzzNext holds that whatever comes is split into messages that lie inside, or
// is an error, and that it ends.
func FuzzNext(f *testing.F) {
	f.Add(Message{Type: TypeDone, Flags: FlagMulti, Seq: 7, Body: []byte{1, 2, 3, 4}}.Append(nil))
	f.Add(Message{Type: TypeDone, Flags: FlagMulti, Seq: 7, Body: []byte{1}}.Append(nil)[:17])
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

// FuzzAttributes holds the same of attributes.
func FuzzAttributes(f *testing.F) {
	f.Add(AppendText(AppendAttribute(nil, 1, []byte{1, 2, 3, 4}), 2, "lo"))
	f.Fuzz(func(t *testing.T, run []byte) {
		size := 0
		err := Attributes(run, func(kind uint16, value []byte) error {
			size += AttributeLen + len(value)
			return nil
		})
		if size > len(run) || err != nil && !errors.Is(err, ErrShort) {
			t.Fatalf("%d bytes of %d, %v", size, len(run), err)
		}
	})
}
