package userfile

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// accessList is a POSIX access control list that lets the user nobody read, in the
// form of the kernel's posix_acl_xattr.h.
func accessList() []byte {
	const version = 2
	acl := binary.LittleEndian.AppendUint32(nil, version)
	for _, entry := range [][3]uint32{{0x01, 6, ^uint32(0)}, {0x02, 4, nobody}, {0x04, 4, ^uint32(0)}, {0x10, 4, ^uint32(0)}, {0x20, 0, ^uint32(0)}} {
		acl = binary.LittleEndian.AppendUint16(acl, uint16(entry[0]))
		acl = binary.LittleEndian.AppendUint16(acl, uint16(entry[1]))
		acl = binary.LittleEndian.AppendUint32(acl, entry[2])
	}
	return acl
}

// TestAttributes holds that a file that is replaced keeps its access control list
// and its other extended attributes.
func TestAttributes(t *testing.T) {
	name := filepath.Join(t.TempDir(), "list.json")
	write(t, name, "old")
	want := map[string][]byte{"system.posix_acl_access": accessList(), "user.comment": []byte("kept")}
	for attribute, value := range want {
		if err := unix.Setxattr(name, attribute, value, 0); err != nil {
			t.Skipf("this file system has no %s: %v", attribute, err)
		}
	}
	published(t, name, 0o600)
	for attribute, value := range want {
		got := make([]byte, maxAttribute)
		n, err := unix.Getxattr(name, attribute, got)
		if err != nil || !bytes.Equal(got[:max(n, 0)], value) {
			t.Errorf("%s: %x, %v", attribute, got[:max(n, 0)], err)
		}
	}
}

// TestDescriptors holds that /proc/self/fd/N is written as it is: what has no path
// cannot be replaced.
func TestDescriptors(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	o := create(t, descriptor(int(w.Fd())))
	w.Close()
	if _, err := io.WriteString(o, "text"); err != nil {
		t.Fatal(err)
	}
	if err := o.Publish(); err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "text" {
		t.Errorf("%q, %v", text, err)
	}
	path := filepath.Join(t.TempDir(), "redirected")
	write(t, path, "before ")
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	o = create(t, descriptor(int(f.Fd())))
	if _, err := io.WriteString(o, "after"); err != nil {
		t.Fatal(err)
	}
	if err := o.Publish(); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "before after")
}
