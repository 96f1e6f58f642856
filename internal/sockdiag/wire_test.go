package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/netlink"
)

const seq = 7

// message frames body as netlink does, padded.
func message(kind, flags uint16, seq uint32, body []byte) []byte {
	order := binary.NativeEndian
	b := order.AppendUint32(nil, uint32(netlink.HeaderLen+len(body)))
	b = order.AppendUint16(b, kind)
	b = order.AppendUint16(b, flags)
	b = order.AppendUint32(b, seq)
	b = append(order.AppendUint32(b, 0), body...)
	return append(b, make([]byte, netlink.Aligned(len(b))-len(b))...)
}

func attribute(kind uint16, value []byte) []byte {
	order := binary.NativeEndian
	b := order.AppendUint16(nil, uint16(netlink.AttrLen+len(value)))
	b = append(order.AppendUint16(b, kind), value...)
	return append(b, make([]byte, netlink.Aligned(len(b))-len(b))...)
}

// listener is struct inet_diag_msg of [::1]:443 with all attributes read here.
func listener() []byte {
	order := binary.NativeEndian
	b := make([]byte, socketLen)
	b[0], b[1] = IPv6, 10
	binary.BigEndian.PutUint16(b[4:], 443)
	b[4+4+15] = 1 // ::1
	order.PutUint32(b[40:], 3)
	order.PutUint32(b[44:], 0x11)
	order.PutUint32(b[48:], 0x22)
	for i, v := range []uint32{0, 1, 4096, 1000, 4711} { // expires, rqueue, wqueue, uid, inode
		order.PutUint32(b[52+4*i:], v)
	}
	b = append(b, attribute(attrShutdown, []byte{0})...)
	b = append(b, attribute(attrV6Only, []byte{1})...)
	b = append(b, attribute(attrCgroup, order.AppendUint64(nil, 99))...)
	b = append(b, attribute(attrULP|0x8000, attribute(ulpName, []byte("mptcp\x00")))...)
	return append(b, attribute(500, []byte("from a later kernel"))...)
}

func TestVisit(t *testing.T) {
	datagram := append(message(typeByFamily, 2, seq, listener()), message(typeByFamily, 2, seq+1, nil)...)
	datagram = append(datagram, message(netlink.TypeDone, 2, seq, make([]byte, 4))...)
	var got []Socket
	done, err := Visit(datagram, seq, func(s *Socket) { got = append(got, *s) })
	if !done || err != nil {
		t.Fatalf("done %v, %v", done, err)
	}
	want := []Socket{{
		Family: IPv6, State: 10, Device: 3, Cookie: 0x22_00000011,
		Local: netip.MustParseAddrPort("[::1]:443"), Remote: netip.MustParseAddrPort("[::]:0"),
		RecvQ: 1, SendQ: 4096, UID: 1000, Inode: 4711, V6Only: true, Cgroup: 99, ULP: "mptcp",
	}}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestVisitEnds(t *testing.T) {
	number := func(n int32) []byte { return binary.NativeEndian.AppendUint32(nil, uint32(n)) }
	short := message(typeByFamily, 2, seq, listener())
	binary.NativeEndian.PutUint32(short, 1<<30)
	cutAttribute := append(listener()[:socketLen], 200, 0, 8, 0)
	for _, test := range []struct {
		about    string
		datagram []byte
		done     bool
		want     error
	}{
		{"nothing", nil, false, nil},
		{"more to come", message(typeByFamily, 2, seq, listener()), false, nil},
		{"done", message(netlink.TypeDone, 2, seq, number(0)), true, nil},
		{"done, an old kernel's", message(netlink.TypeDone, 2, seq, nil), true, nil},
		{"done with an error", message(netlink.TypeDone, 2, seq, number(-int32(syscall.ENOENT))), true, syscall.ENOENT},
		{"refused", message(netlink.TypeError, 0, seq, number(-int32(syscall.EPERM))), true, syscall.EPERM},
		{"another's error", message(netlink.TypeError, 0, seq+1, number(-1)), false, nil},
		{"interrupted", message(typeByFamily, 2|netlink.FlagInterrupted, seq, listener()), false, ErrInterrupted},
		{"interrupted at the end", message(netlink.TypeDone, 2|netlink.FlagInterrupted, seq, number(0)), true, ErrInterrupted},
		{"interrupted, then the end", append(message(typeByFamily, 2|netlink.FlagInterrupted, seq, listener()), message(netlink.TypeDone, 2, seq, number(0))...), true, ErrInterrupted},
		{"cut off", message(typeByFamily, 2, seq, listener())[:40], false, netlink.ErrShort},
		{"half a header", []byte{1, 2, 3}, false, netlink.ErrShort},
		{"a length that lies", short, false, netlink.ErrShort},
		{"half a socket", message(typeByFamily, 2, seq, listener()[:70]), false, netlink.ErrShort},
		{"half an attribute", message(typeByFamily, 2, seq, cutAttribute), false, netlink.ErrShort},
		{"error without a number", message(netlink.TypeError, 0, seq, nil), true, netlink.ErrShort},
	} {
		done, err := Visit(test.datagram, seq, func(*Socket) {})
		if done != test.done || !errors.Is(err, test.want) {
			t.Errorf("%s: done %v, %v; want %v, %v", test.about, done, err, test.done, test.want)
		}
	}
	for about, datagram := range map[string][]byte{
		"a positive errno": message(netlink.TypeError, 0, seq, number(5)),
		"a huge errno":     message(netlink.TypeError, 0, seq, number(-1<<31)),
		"unknown type":     message(99, 0, seq, nil),
		"unknown family":   message(typeByFamily, 2, seq, make([]byte, socketLen)),
	} {
		if _, err := Visit(datagram, seq, func(*Socket) {}); err == nil {
			t.Errorf("%s: no error", about)
		}
	}
}

func TestRequest(t *testing.T) {
	order := binary.NativeEndian
	b := Request{Family: IPv4, Protocol: TCP, States: 1 << 10}.Append([]byte("kept"), seq)
	if string(b[:4]) != "kept" {
		t.Fatal("what was there is gone")
	}
	b = b[4:]
	if len(b) != 72 || order.Uint32(b) != 72 || order.Uint32(b[8:]) != seq || b[16] != IPv4 || b[17] != TCP || order.Uint32(b[20:]) != 0x400 {
		t.Errorf("TCP: % x", b)
	}
	b = Request{Family: IPv6, Protocol: MPTCP}.Append(nil, seq)
	if len(b) != 80 || order.Uint32(b) != 80 || order.Uint16(b[72:]) != 8 || order.Uint16(b[74:]) != requestProtocol || order.Uint32(b[76:]) != MPTCP {
		t.Errorf("MPTCP: % x", b)
	}
}

func FuzzVisit(f *testing.F) {
	f.Add(message(typeByFamily, 2, seq, listener()))
	f.Add(message(netlink.TypeDone, 2, seq, make([]byte, 4)))
	f.Add(message(netlink.TypeError, 0, seq, []byte{0xff, 0xff, 0xff, 0xff}))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		room := len(datagram) / (netlink.HeaderLen + socketLen)
		seen := 0
		Visit(datagram, seq, func(s *Socket) {
			seen++
			if !s.Local.IsValid() || !s.Remote.IsValid() {
				t.Errorf("a socket without addresses: %+v", s)
			}
		})
		if seen > room {
			t.Errorf("%d sockets out of %d bytes", seen, len(datagram))
		}
	})
}

func BenchmarkVisit(b *testing.B) {
	one := message(typeByFamily, 2, seq, listener())
	b.SetBytes(int64(len(one)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Visit(one, seq, func(*Socket) {}); err != nil {
			b.Fatal(err)
		}
	}
}
