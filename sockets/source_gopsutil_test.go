package sockets

import (
	"context"
	"net/netip"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	psnet "github.com/shirou/gopsutil/v3/net"
)

// line makes a line of gopsutil's table; v6 is told by the caller because
// gopsutil prints IPv4-mapped addresses as IPv4.
func line(proto uint32, v6 bool, local, remote psnet.Addr, status string, pid int32) psnet.ConnectionStat {
	family := uint32(syscall.AF_INET)
	if v6 {
		family = syscall.AF_INET6
	}
	return psnet.ConnectionStat{Type: proto, Family: family, Laddr: local, Raddr: remote, Status: status, Pid: pid}
}

func addr(ip string, port uint32) psnet.Addr { return psnet.Addr{IP: ip, Port: port} }

// rowView is a row as the tests spell it.
type rowView struct {
	Proto, Local, Remote, State string
	PIDs                        []int
}

func viewRow(r row) rowView {
	v := rowView{Proto: r.Proto, Local: r.Local.String(), State: r.State.String(), PIDs: r.pids}
	if r.Remote.IsValid() {
		v.Remote = r.Remote.String()
	}
	return v
}

func viewRows(rows []row) []rowView {
	var views []rowView
	for _, r := range rows {
		views = append(views, viewRow(r))
	}
	return views
}

const tcp, udp = syscall.SOCK_STREAM, syscall.SOCK_DGRAM

func TestRowOf(t *testing.T) {
	none := psnet.Addr{}
	for _, test := range []struct {
		about string
		line  psnet.ConnectionStat
		want  rowView
	}{
		{"Linux listener", line(tcp, false, addr("0.0.0.0", 22), addr("0.0.0.0", 0), "LISTEN", 7),
			rowView{"tcp", "0.0.0.0:22", "", "listen", []int{7}}},
		{"Linux IPv6 listener", line(tcp, true, addr("::", 22), addr("::", 0), "LISTEN", 7),
			rowView{"tcp", "[::]:22", "", "listen", []int{7}}},
		{"IPv4-mapped listener", line(tcp, true, addr("127.0.0.1", 22), addr("::", 0), "LISTEN", 7),
			rowView{"tcp", "[::ffff:127.0.0.1]:22", "", "listen", []int{7}}},
		{"lsof listener", line(tcp, false, addr("*", 22), none, "LISTEN", 7),
			rowView{"tcp", "0.0.0.0:22", "", "listen", []int{7}}},
		{"lsof IPv6 listener", line(tcp, true, addr("*", 22), none, "LISTEN", 7),
			rowView{"tcp", "[::]:22", "", "listen", []int{7}}},
		{"zone", line(tcp, true, addr("fe80::1%lo0", 22), none, "LISTEN", 7),
			rowView{"tcp", "[fe80::1%lo0]:22", "", "listen", []int{7}}},
		{"Windows UDP", line(udp, false, addr("0.0.0.0", 53), none, "", 7),
			rowView{"udp", "0.0.0.0:53", "", "bound", []int{7}}},
		{"Linux UDP, unconnected", line(udp, true, addr("::1", 53), addr("::", 0), "NONE", 7),
			rowView{"udp", "[::1]:53", "", "bound", []int{7}}},
		{"Linux UDP, connected", line(udp, false, addr("127.0.0.1", 4000), addr("127.0.0.1", 53), "NONE", 7),
			rowView{"udp", "127.0.0.1:4000", "127.0.0.1:53", "connected", []int{7}}},
		{"no holder", line(tcp, false, addr("127.0.0.1", 4000), addr("127.0.0.1", 80), "TIME_WAIT", 0),
			rowView{"tcp", "127.0.0.1:4000", "127.0.0.1:80", "time-wait", nil}},
		{"state that gopsutil does not know", line(tcp, false, addr("127.0.0.1", 4000), addr("0.0.0.0", 0), "", 7),
			rowView{"tcp", "127.0.0.1:4000", "", "unknown", []int{7}}},
	} {
		r, ok, err := rowOf(&test.line, true)
		if !ok || err != nil {
			t.Errorf("%s: left out: %v", test.about, err)
			continue
		}
		if diff := cmp.Diff(test.want, viewRow(r)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.about, diff)
		}
		if r.UID != -1 {
			t.Errorf("%s: uid %d, want -1 for unknown", test.about, r.UID)
		}
		_, byDefault, _ := rowOf(&test.line, false)
		if waits := test.want.State == "listen" || test.want.State == "bound"; byDefault != waits {
			t.Errorf("%s: shown by default: %v, want %v", test.about, byDefault, waits)
		}
	}
	unix := psnet.ConnectionStat{Type: syscall.SOCK_RAW, Laddr: addr("0.0.0.0", 1)}
	if _, ok, err := rowOf(&unix, true); ok || err != nil {
		t.Errorf("a raw socket: %v, %v; want it left out without an error", ok, err)
	}
}

func TestTCPState(t *testing.T) {
	for status, want := range map[string]State{
		"LISTEN": StateListen, "ESTABLISHED": StateEstablished, "SYN_SENT": StateSynSent,
		"SYN_RECV": StateSynRecv, "SYN_RECEIVED": StateSynRecv, "SYN_RCVD": StateSynRecv,
		"FIN_WAIT1": StateFinWait1, "FIN_WAIT_1": StateFinWait1, "FIN_WAIT2": StateFinWait2, "FIN_WAIT_2": StateFinWait2,
		"TIME_WAIT": StateTimeWait, "CLOSE_WAIT": StateCloseWait, "LAST_ACK": StateLastAck, "CLOSING": StateClosing,
		"CLOSE": StateClosed, "CLOSED": StateClosed, "DELETE": StateClosed, "": StateUnknown, "NONE": StateUnknown, "IDLE": StateUnknown,
	} {
		if got := tcpState(status); got != want {
			t.Errorf("tcpState(%q) = %v, want %v", status, got, want)
		}
	}
}

// table serves lines as a source would.
func table(lines ...psnet.ConnectionStat) func(context.Context, bool) ([]psnet.ConnectionStat, []error, error) {
	return func(context.Context, bool) ([]psnet.ConnectionStat, []error, error) { return lines, nil, nil }
}

// TestPerHolder: lsof prints one line for each descriptor.
func TestPerHolder(t *testing.T) {
	none := psnet.Addr{}
	lines := []psnet.ConnectionStat{
		line(tcp, false, addr("*", 80), none, "LISTEN", 30),
		line(tcp, false, addr("*", 80), none, "LISTEN", 10),
		line(tcp, false, addr("*", 80), none, "LISTEN", 10), // dup(2)
		line(tcp, true, addr("*", 80), none, "LISTEN", 10),  // another family, another socket
		line(udp, false, addr("*", 80), none, "", 10),
	}
	rows, warnings, err := gopsutil{connections: table(lines...), perHolder: true}.rows(t.Context(), want{holders: true})
	if err != nil || warnings != nil {
		t.Fatal(err, warnings)
	}
	want := []rowView{
		{"tcp", "0.0.0.0:80", "", "listen", []int{10, 30}},
		{"tcp", "[::]:80", "", "listen", []int{10}},
		{"udp", "0.0.0.0:80", "", "bound", []int{10}},
	}
	if diff := cmp.Diff(want, viewRows(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestPerSocket: where each line is a socket (Windows), two sockets on one
// address stay two rows with the right holder each.
func TestPerSocket(t *testing.T) {
	lines := []psnet.ConnectionStat{
		line(udp, false, addr("0.0.0.0", 5353), psnet.Addr{}, "", 10),
		line(udp, false, addr("0.0.0.0", 5353), psnet.Addr{}, "", 30),
	}
	rows, _, err := gopsutil{connections: table(lines...)}.rows(t.Context(), want{holders: true})
	if err != nil {
		t.Fatal(err)
	}
	want := []rowView{{"udp", "0.0.0.0:5353", "", "bound", []int{10}}, {"udp", "0.0.0.0:5353", "", "bound", []int{30}}}
	if diff := cmp.Diff(want, viewRows(rows)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBadLines: a line that makes no sense costs itself and a warning.
func TestBadLines(t *testing.T) {
	lines := []psnet.ConnectionStat{
		line(tcp, false, addr("not an address", 80), psnet.Addr{}, "LISTEN", 1),
		line(tcp, false, addr("127.0.0.1", 70000), psnet.Addr{}, "LISTEN", 1),
		line(tcp, false, addr("127.0.0.1", 80), psnet.Addr{}, "LISTEN", 1),
	}
	rows, warnings, err := gopsutil{connections: table(lines...)}.rows(t.Context(), want{holders: true})
	if err != nil || len(rows) != 1 || len(warnings) != 1 {
		t.Fatalf("%d rows, warnings %v, %v; want 1 row and 1 warning", len(rows), warnings, err)
	}
	if text := warnings[0].Error(); !strings.Contains(text, "2 lines") || !strings.Contains(text, `"not an address"`) {
		t.Errorf("the warning does not say what was lost: %s", text)
	}
}

func TestExtractZone(t *testing.T) {
	name := func(index int) string { return map[int]string{4: "en0", 0x104: "utun9"}[index] }
	for in, want := range map[string]string{
		"[fe80:4::1]:22":    "[fe80::1%en0]:22",
		"[fe80:104::1]:22":  "[fe80::1%utun9]:22",
		"[ff02:4::fb]:5353": "[ff02::fb%en0]:5353",
		"[fe80::1]:22":      "[fe80::1]:22",
		"[fe80:4::1%x]:22":  "[fe80:4::1%x]:22",
		"[2001:db8::1]:22":  "[2001:db8::1]:22",
		"10.0.0.1:22":       "10.0.0.1:22",
	} {
		if got := extractZone(netip.MustParseAddrPort(in), name).String(); got != want {
			t.Errorf("extractZone(%s) = %s, want %s", in, got, want)
		}
	}
	if got := extractZone(netip.AddrPort{}, name); got.IsValid() {
		t.Errorf("nothing became %v", got)
	}
}

func FuzzRowOf(f *testing.F) {
	f.Add(uint32(tcp), true, "::1", uint32(80), "::", uint32(0), "LISTEN", int32(1))
	f.Add(uint32(udp), false, "*", uint32(53), "", uint32(0), "NONE", int32(0))
	f.Add(uint32(udp), true, "fe80::1%lo0", uint32(1)<<31, "[x", uint32(9), "\x1b", int32(-1))
	f.Fuzz(func(t *testing.T, proto uint32, v6 bool, lip string, lport uint32, rip string, rport uint32, status string, pid int32) {
		c := line(proto, v6, addr(lip, lport), addr(rip, rport), status, pid)
		r, ok, err := rowOf(&c, true)
		if ok && err != nil {
			t.Fatalf("a row and an error: %v", err)
		}
		if !ok {
			return
		}
		if uint32(r.Local.Port()) != lport {
			t.Errorf("port %d became %d", lport, r.Local.Port())
		}
		for _, pid := range r.pids {
			if pid <= 0 {
				t.Errorf("holder %d", pid)
			}
		}
		r.Exposure()
	})
}
