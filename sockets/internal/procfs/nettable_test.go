package procfs

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
	any := func(uint8) bool { return true }
	var all, listening []NetSocket
	bad, err := ParseNetTable(strings.NewReader(table), any, func(s NetSocket) { all = append(all, s) })
	if err != nil || bad != 1 {
		t.Errorf("%d bad lines, %v; want 1", bad, err)
	}
	listen := func(state uint8) bool { return state == 10 }
	ParseNetTable(strings.NewReader(table), listen, func(s NetSocket) { listening = append(listening, s) })
	want := []NetSocket{
		{Local: at("127.0.0.1:22"), Remote: none4, State: 10, UID: 1000, Inode: 4711, SendQ: 3, RecvQ: 7},
		{Local: at("[2001:db8::1]:443"), Remote: none6, State: 10, UID: 0, Inode: 4712, SendQ: 3, RecvQ: 7},
		{Local: at("127.0.0.1:40000"), Remote: at("127.0.0.1:22"), State: 6, SendQ: 3, RecvQ: 7},
		{Local: at("0.0.0.0:80"), Remote: none4, State: 99, Inode: 1, SendQ: 3, RecvQ: 7},
	}
	same := cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })
	if diff := cmp.Diff(want, all, same); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[:2], listening, same); diff != "" {
		t.Errorf("listening (-want +got):\n%s", diff)
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
		any := func(uint8) bool { return true }
		s, ok, err := parseNetLine(line, any)
		if err != nil && ok {
			t.Fatal("a socket and an error")
		}
		if !ok {
			return
		}
		// What was read is printed and read again as the same.
		again, ok, err := parseNetLine(netLine(s.Local, s.Remote, s.State, s.UID, s.Inode), any)
		s.SendQ, s.RecvQ = 3, 7 // which netLine prints
		if err != nil || !ok || again != s {
			t.Errorf("%q read as %+v, then as %+v, %v", line, s, again, err)
		}
	})
}
