package sockets

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const netHead = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"

// netLine prints an address and its fellows as the kernel does.
func netLine(local, remote netip.AddrPort, state uint8, uid uint32, inode uint64) string {
	address := func(a netip.AddrPort) string {
		var b strings.Builder
		bytes := a.Addr().AsSlice()
		for i := 0; i < len(bytes); i += 4 {
			fmt.Fprintf(&b, "%08X", binary.NativeEndian.Uint32(bytes[i:]))
		}
		return fmt.Sprintf("%s:%04X", b.String(), a.Port())
	}
	return fmt.Sprintf("   0: %s %s %02X 00000003:00000007 00:00000000 00000000 %5d        0 %d 1 0000000000000000 100 0 0 10 0\n",
		address(local), address(remote), state, uid, inode)
}

func TestParseNetTable(t *testing.T) {
	at := netip.MustParseAddrPort
	none4, none6 := at("0.0.0.0:0"), at("[::]:0")
	table := netHead +
		netLine(at("127.0.0.1:22"), none4, 10, 1000, 4711) +
		netLine(at("[2001:db8::1]:443"), none6, 10, 0, 4712) +
		netLine(at("127.0.0.1:40000"), at("127.0.0.1:22"), 6, 0, 0) +
		"   3: 0100007F:0016 cut off\n" +
		netLine(at("0.0.0.0:80"), none4, 99, 0, 1)
	var all, waiting []Socket
	bad, err := parseNetTable(strings.NewReader(table), "tcp", true, func(r row) { all = append(all, r.Socket) })
	if err != nil || bad != 1 {
		t.Errorf("%d bad lines, %v; want 1", bad, err)
	}
	parseNetTable(strings.NewReader(table), "tcp", false, func(r row) { waiting = append(waiting, r.Socket) })
	want := []Socket{
		{Proto: "tcp", Local: at("127.0.0.1:22"), State: StateListen, UID: 1000, Inode: 4711, SendQ: 3, RecvQ: 7},
		{Proto: "tcp", Local: at("[2001:db8::1]:443"), State: StateListen, UID: 0, Inode: 4712, SendQ: 3, RecvQ: 7},
		{Proto: "tcp", Local: at("127.0.0.1:40000"), Remote: at("127.0.0.1:22"), State: StateTimeWait, UID: -1, SendQ: 3, RecvQ: 7},
		{Proto: "tcp", Local: at("0.0.0.0:80"), State: StateUnknown, Inode: 1, SendQ: 3, RecvQ: 7},
	}
	same := cmp.Options{cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b }), cmp.Comparer(func(a, b caps) bool { return a == b })}
	if diff := cmp.Diff(want, all, same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:2], waiting, same); diff != "" {
		t.Errorf("waiting (-want +got):\n%s", diff)
	}
}

func TestKernelState(t *testing.T) {
	for _, test := range []struct {
		proto string
		code  uint8
		want  State
	}{
		{"tcp", 1, StateEstablished}, {"tcp", 7, StateClosed}, {"tcp", 10, StateListen}, {"tcp", 12, StateSynRecv}, {"tcp", 13, StateBoundInactive},
		{"tcp", 0, StateUnknown}, {"tcp", 14, StateUnknown}, {"tcp", 255, StateUnknown},
		{"udp", 1, StateConnected}, {"udp", 7, StateBound}, {"udplite", 7, StateBound},
	} {
		if got := kernelState(test.proto, test.code); got != test.want {
			t.Errorf("%s state %d is %v, want %v", test.proto, test.code, got, test.want)
		}
	}
}

func FuzzParseNetLine(f *testing.F) {
	f.Add(strings.TrimSpace(netLine(netip.MustParseAddrPort("127.0.0.1:22"), netip.MustParseAddrPort("0.0.0.0:0"), 10, 1000, 4711)))
	f.Add(strings.TrimSpace(netLine(netip.MustParseAddrPort("[::1]:53"), netip.MustParseAddrPort("[::]:0"), 7, 0, 1)))
	// Captured from /proc/net/tcp6 and /proc/net/udp.
	f.Add("   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 5362642 1 0000000000000000 100 0 0 10 0")
	f.Add(" 4119: 00000000:0044 00000000:0000 07 00000000:00000000 00:00000000 00000000   998        0 18822 2 0000000000000000 0")
	f.Add("   2: 0100007F:9C40 0100007F:0050 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0000000000000000")
	f.Fuzz(func(t *testing.T, line string) {
		r, ok, err := parseNetLine(line, "tcp", true)
		if err != nil && ok {
			t.Fatal("a row and an error")
		}
		if !ok {
			return
		}
		// What was read is printed and read again as the same.
		remote := r.Remote
		if !remote.IsValid() {
			remote = netip.AddrPortFrom(netip.IPv4Unspecified(), 0)
		}
		again, ok, err := parseNetLine(netLine(r.Local, remote, 10, uint32(max(r.UID, 0)), r.Inode), "tcp", true)
		if err != nil || !ok || again.Local != r.Local || again.Remote != r.Remote || again.UID != r.UID || again.Inode != r.Inode {
			t.Errorf("%q read as %+v, then as %+v, %v", line, r.Socket, again.Socket, err)
		}
	})
}
