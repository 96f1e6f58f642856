package scanner

import (
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// controlMessage is one as the kernel lays it out for a socket's error queue.
func controlMessage(level, kind int32, origin, icmpType, icmpCode uint8) []byte {
	b := make([]byte, unix.CmsgSpace(16+unix.SizeofSockaddrInet4))
	h := (*unix.Cmsghdr)(unsafe.Pointer(&b[0]))
	h.Level, h.Type = level, kind
	h.SetLen(unix.CmsgLen(16 + unix.SizeofSockaddrInet4))
	copy(b[unix.CmsgLen(0)+4:], []byte{origin, icmpType, icmpCode})
	return b
}

func TestParseErrorQueue(t *testing.T) {
	v4 := func(kind, code uint8) []byte {
		return controlMessage(unix.SOL_IP, unix.IP_RECVERR, originICMP, kind, code)
	}
	v6 := func(kind, code uint8) []byte {
		return controlMessage(unix.SOL_IPV6, unix.IPV6_RECVERR, originICMP6, kind, code)
	}
	other := controlMessage(unix.SOL_SOCKET, unix.SO_TIMESTAMP, 0, 0, 0)
	for _, c := range []struct {
		name    string
		control []byte
		want    verdict
	}{
		{"IPv4 net", v4(3, 0), verdict{StateFiltered, ReasonNetUnreach}},
		{"IPv4 host", v4(3, 1), verdict{StateFiltered, ReasonHostUnreach}},
		{"IPv4 protocol", v4(3, 2), verdict{StateFiltered, ReasonProtoUnreach}},
		{"IPv4 port", v4(3, 3), verdict{StateClosed, ReasonPortUnreach}},
		{"IPv4 host prohibited", v4(3, 10), verdict{StateFiltered, ReasonAdminProhibited}},
		{"IPv4 administratively prohibited", v4(3, 13), verdict{StateFiltered, ReasonAdminProhibited}},
		{"IPv6 no route", v6(1, 0), verdict{StateFiltered, ReasonNetUnreach}},
		{"IPv6 administratively prohibited", v6(1, 1), verdict{StateFiltered, ReasonAdminProhibited}},
		{"IPv6 address", v6(1, 3), verdict{StateFiltered, ReasonHostUnreach}},
		{"IPv6 port", v6(1, 4), verdict{StateClosed, ReasonPortUnreach}},
		{"behind another message", append(other, v4(3, 13)...), verdict{StateFiltered, ReasonAdminProhibited}},
		{"time exceeded", v4(11, 0), verdict{}},
		{"from this machine", controlMessage(unix.SOL_IP, unix.IP_RECVERR, 1, 3, 3), verdict{}},
		{"another message", other, verdict{}},
		{"cut", v4(3, 3)[:unix.CmsgLen(10)], verdict{}},
		{"empty", nil, verdict{}},
	} {
		got, ok := parseErrorQueue(c.control)
		if got.verdict != c.want || ok != (c.want != verdict{}) {
			t.Errorf("%s: got %v, %v, want %v", c.name, got, ok, c.want)
		}
	}
}

func FuzzParseErrorQueue(f *testing.F) {
	f.Add(controlMessage(unix.SOL_IP, unix.IP_RECVERR, originICMP, 3, 3))
	f.Add(controlMessage(unix.SOL_IPV6, unix.IPV6_RECVERR, originICMP6, 1, 4))
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, control []byte) {
		v, ok := parseErrorQueue(control)
		if ok != (v.state == StateClosed || v.state == StateFiltered) {
			t.Errorf("%v, %v from % x", v, ok, control)
		}
	})
}
