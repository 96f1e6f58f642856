package sockets

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// procArgs is what kern.procargs2 answers.
func procArgs(n uint32, rest string) []byte {
	return append(binary.NativeEndian.AppendUint32(nil, n), rest...)
}

func TestParseProcArgs(t *testing.T) {
	for _, c := range []struct {
		name string
		in   []byte
		path string
		args []string
	}{
		{"padded", procArgs(3, "/usr/sbin/nginx\x00\x00\x00\x00\x00nginx\x00-g\x00daemon off; worker 1\x00HOME=/\x00"), "/usr/sbin/nginx", []string{"nginx", "-g", "daemon off; worker 1"}},
		{"an empty argument", procArgs(2, "./a b\x00a b\x00\x00USER=x\x00"), "./a b", []string{"a b", ""}},
		{"none", procArgs(0, "/x\x00\x00HOME=/\x00"), "/x", nil},
	} {
		path, args, err := parseProcArgs(c.in)
		if diff := cmp.Diff(c.args, args); err != nil || path != c.path || diff != "" {
			t.Errorf("%s: %q, %v\n%s", c.name, path, err, diff)
		}
	}
	for _, in := range [][]byte{nil, {1}, procArgs(1, ""), procArgs(1, "/x"), procArgs(9, "/x\x00x\x00"), procArgs(1<<31, "/x\x00x\x00"), procArgs(1<<30, "/x\x00x\x00")} {
		if path, args, err := parseProcArgs(in); err == nil {
			t.Errorf("%q is read as %q, %q", in, path, args)
		}
	}
}

func FuzzParseProcArgs(f *testing.F) {
	f.Add(procArgs(1, "/x\x00\x00x\x00HOME=/\x00"))
	f.Fuzz(func(t *testing.T, b []byte) { parseProcArgs(b) })
}
