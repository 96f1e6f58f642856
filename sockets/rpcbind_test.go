package sockets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net/netip"
	"os"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// rpcbindAnswer is what rpcbind 1.2.6 of Debian 12 said on its socket, without the
// record marks. Root had registered what the kernel's lockd and nfsd do, and mountd;
// user 65534 version 7 of nlockmgr on port 48647, and somebody over TCP version 8
// on 48648, each under the name of superuser.
func rpcbindAnswer(t testing.TB) []byte {
	t.Helper()
	capture, err := os.Open("testdata/rpcbind-1.2.6.bin")
	if err != nil {
		t.Fatal(err)
	}
	defer capture.Close()
	answer, err := readRPCRecord(iotest.OneByteReader(capture), rpcbindMost)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

func TestParseRPCBind(t *testing.T) {
	services, err := parseRPCBind(rpcbindAnswer(t), 1)
	if err != nil || len(services) != 23 {
		t.Fatalf("%d services, %v", len(services), err)
	}
	want := rpcService{100000, 4, "tcp6", "::.0.111", "superuser"}
	if services[0] != want {
		t.Errorf("first %+v, want %+v", services[0], want)
	}
	named := map[rpcPort]string{
		{"tcp", 34567}: "nlockmgr", {"tcp6", 51210}: "nlockmgr", {"udp", 38407}: "nlockmgr", {"tcp", 2049}: "nfs",
	}
	if diff := cmp.Diff(named, kernelServices(services), cmp.AllowUnexported(rpcPort{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseRPCBindMalformed(t *testing.T) {
	answer := rpcbindAnswer(t)
	for n := range answer { // it ends early
		if _, err := parseRPCBind(answer[:n], 1); err == nil {
			t.Errorf("%d of %d bytes were enough", n, len(answer))
		}
	}
	if _, err := parseRPCBind(answer, 2); err == nil {
		t.Error("the answer to another question")
	}
	for at, about := range map[int]string{4: "a call", 8: "denied", 20: "not accepted"} {
		bad := bytes.Clone(answer)
		bad[at+3] ^= 2
		if _, err := parseRPCBind(bad, 1); err == nil {
			t.Error(about)
		}
	}
}

func TestReadRPCRecord(t *testing.T) {
	fragment := func(last uint32, body string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, last|uint32(len(body))), body...)
	}
	two := append(fragment(0, "abc"), fragment(rpcLastFragment, "de")...)
	for _, test := range []struct {
		about string
		bytes []byte
		most  int
		want  string
		err   error
	}{
		{"two fragments", append(two, "next"...), 5, "abcde", nil},
		{"one byte too many", two, 4, "", errRPC},
		{"a length of 2 GB", []byte{0xff, 0xff, 0xff, 0xff}, 100, "", errRPC},
		{"the end", two[:len(two)-1], 5, "", io.ErrUnexpectedEOF},
		{"nothing", nil, 5, "", io.EOF},
		{"empty fragments for ever", make([]byte, 4096), 100, "", errRPC},
	} {
		got, err := readRPCRecord(bytes.NewReader(test.bytes), test.most)
		if string(got) != test.want || !errors.Is(err, test.err) {
			t.Errorf("%s: %q, %v", test.about, got, err)
		}
	}
}

func TestRPCServicePort(t *testing.T) {
	for addr, want := range map[string]uint16{
		"0.0.0.0.8.1": 2049, "::.200.10": 51210, "fe80::1%eth0.3.4": 772, "0.0.0.0.255.255": 65535,
		"": 0, "8.1": 0, "/run/rpcbind.sock": 0, "0.0.0.0.256.1": 0, "0.0.0.0.-1.1": 0, "0.0.0.0.8.": 0,
	} {
		if got := (rpcService{addr: addr}).port(); got != want {
			t.Errorf("%q: %d, want %d", addr, got, want)
		}
	}
}

// TestNameByRPC: a port belongs to a protocol and a family.
func TestNameByRPC(t *testing.T) {
	services := map[rpcPort]string{{"tcp", 34567}: "nlockmgr", {"udp6", 40000}: "nlockmgr"}
	for _, test := range []struct{ proto, at, want string }{
		{"tcp", "0.0.0.0:34567", "nlockmgr, as rpcbind says"},
		{"tcp", "[::]:34567", ""},
		{"udp", "0.0.0.0:34567", ""},
		{"udp", "[::]:40000", "nlockmgr, as rpcbind says"},
		{"tcp", "0.0.0.0:34568", ""},
	} {
		r := row{Socket: Socket{Proto: test.proto, Local: netip.MustParseAddrPort(test.at), Hidden: HiddenNoOwner}}
		nameByRPC([]*row{&r}, services)
		if r.Kernel != test.want || (r.Hidden == HiddenKernel) != (test.want != "") {
			t.Errorf("%s %s: kernel %q, hidden %q", test.proto, test.at, r.Kernel, r.Hidden)
		}
	}
}

func FuzzParseRPCBind(f *testing.F) {
	f.Add(rpcbindAnswer(f))
	f.Add([]byte{0, 0, 0, 1, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, answer []byte) {
		services, err := parseRPCBind(answer, 1)
		const least = 24 // bytes of one: it follows, program, version, three lengths
		if err != nil && services != nil || len(services)*least > len(answer) {
			t.Errorf("%d services of %d bytes, %v", len(services), len(answer), err)
		}
		kernelServices(services)
		if record, err := readRPCRecord(bytes.NewReader(answer), 100); err != nil && record != nil || len(record) > 100 {
			t.Errorf("a record of %d bytes, %v", len(record), err)
		}
		parseUnixListener(answer)
	})
}
