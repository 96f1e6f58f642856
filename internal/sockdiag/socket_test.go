package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/netlink"
)

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
	b = netlink.AppendAttribute(b, attrShutdown, []byte{0})
	b = netlink.AppendAttribute(b, attrV6Only, []byte{1})
	b = netlink.AppendAttribute(b, attrCgroup, order.AppendUint64(nil, 99))
	b = netlink.AppendAttribute(b, attrULP|netlink.FlagNested, netlink.AppendText(nil, ulpName, "mptcp"))
	return netlink.AppendAttribute(b, 500, []byte("from a later kernel"))
}

func TestDecode(t *testing.T) {
	want := Socket{
		Family: IPv6, State: 10, Device: 3, Cookie: 0x22_00000011,
		Local: netip.MustParseAddrPort("[::1]:443"), Remote: netip.MustParseAddrPort("[::]:0"),
		RecvQ: 1, SendQ: 4096, UID: 1000, Inode: 4711, V6Only: true, Cgroup: 99, ULP: "mptcp",
	}
	got := Socket{Mark: 7} // of the socket that was there before
	if err := got.decode(listener()); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for about, body := range map[string][]byte{
		"nothing":           nil,
		"half a socket":     listener()[:70],
		"half an attribute": listener()[:socketLen+2],
		"a long attribute":  listener()[:socketLen+netlink.AttributeLen],
	} {
		if err := got.decode(body); !errors.Is(err, netlink.ErrShort) {
			t.Errorf("%s: %v", about, err)
		}
	}
	if err := got.decode(make([]byte, socketLen)); err == nil {
		t.Errorf("a socket without a family is %+v", got)
	}
}

func TestRequest(t *testing.T) {
	order := binary.NativeEndian
	r := Request{Family: IPv4, Protocol: TCP, States: 1 << 10}.netlink()
	if b := r.Body; r.Type != typeByFamily || len(b) != 56 || b[0] != IPv4 || b[1] != TCP || order.Uint32(b[4:]) != 0x400 {
		t.Errorf("TCP: %+v", r)
	}
	r = Request{Family: IPv6, Protocol: MPTCP}.netlink()
	if b := r.Body; len(b) != 64 || order.Uint16(b[56:]) != 8 || order.Uint16(b[58:]) != requestProtocol || order.Uint32(b[60:]) != MPTCP {
		t.Errorf("MPTCP: %+v", r)
	}
}

// FuzzDecode takes datagrams apart; its seeds are captured ones.
func FuzzDecode(f *testing.F) {
	f.Add(netlink.Message{Type: typeByFamily, Body: listener()}.Append(nil))
	f.Fuzz(func(t *testing.T, datagram []byte) {
		for len(datagram) > 0 {
			m, rest, err := netlink.Next(datagram)
			if err != nil {
				return
			}
			datagram = rest
			var s Socket
			if err := s.decode(m.Body); err == nil && (!s.Local.IsValid() || !s.Remote.IsValid()) {
				t.Errorf("a socket without addresses: %+v", s)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	body := listener()
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		var s Socket
		if err := s.decode(body); err != nil {
			b.Fatal(err)
		}
	}
}
