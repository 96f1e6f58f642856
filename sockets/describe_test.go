package sockets

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// TestDescribe reads this very process the way every system can.
func TestDescribe(t *testing.T) {
	p, err := describePID(t.Context(), os.Getpid(), &users{})
	if err != nil {
		t.Fatal(err)
	}
	if p.PID != os.Getpid() || p.UID != os.Geteuid() { // both -1 on Windows
		t.Errorf("pid %d, uid %d", p.PID, p.UID)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(p.Exe) != filepath.Base(exe) || p.Name == "" || len(p.Cmdline) == 0 {
		t.Errorf("exe %q, name %q, arguments %q; this is %s", p.Exe, p.Name, p.Cmdline, exe)
	}
	if p.Started.IsZero() || p.Started.After(time.Now()) {
		t.Errorf("started %v", p.Started)
	}
}

func TestDescribeNobody(t *testing.T) {
	const noPID = 1<<31 - 1 // above what any system gives out
	if p, err := describePID(t.Context(), noPID, &users{}); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("got %+v, %v; want os.ErrProcessDone", p, err)
	}
}

func TestEffective(t *testing.T) {
	nobody := uint32(1<<32 - 2) // macOS
	for _, test := range []struct {
		uids []int32
		want int
	}{
		{[]int32{501}, 501},
		{[]int32{1000, 0, 0, 0}, 0},
		{[]int32{-2, -2, -2}, int(nobody)},
	} {
		if got := effective(test.uids); got != test.want {
			t.Errorf("effective(%v) = %d, want %d", test.uids, got, test.want)
		}
	}
}

// TestUsers: a name is looked up once for each uid, also when there is none.
func TestUsers(t *testing.T) {
	var asked []string
	u := &users{lookup: func(uid string) (*user.User, error) {
		asked = append(asked, uid)
		if uid == "0" {
			return &user.User{Username: "root"}, nil
		}
		return nil, user.UnknownUserIdError(77)
	}}
	var names []string
	for _, uid := range []int{0, 77, 0, 77} {
		names = append(names, u.name(uid))
	}
	if !slices.Equal(names, []string{"root", "", "root", ""}) || !slices.Equal(asked, []string{"0", "77"}) {
		t.Errorf("names %q after asking for %q", names, asked)
	}
}
