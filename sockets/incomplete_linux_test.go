package sockets

import (
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"porthole/internal/sockdiag"
)

// TestNoProc: without a /proc the rows are there, and it is said that holders were
// not looked for.
func TestNoProc(t *testing.T) {
	needRoot(t)
	at := mustListen(t, "127.0.0.1:0")
	snap := listAs(t, "list-without-proc", func(cmd *exec.Cmd) {
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWNS
	})
	s := theOne(t, snap, "tcp", at, func(Socket) bool { return true })
	if s.Hidden != HiddenNoProc || s.User != "root" {
		t.Errorf("hidden %q, user %q", s.Hidden, s.User)
	}
	if text := fmt.Sprint(snap.Warnings); !strings.Contains(text, ErrIncomplete.Error()) || !strings.Contains(text, "/proc") {
		t.Errorf("warnings %q", text)
	}
	if here := list(t, &Lister{}); !here.Complete() {
		t.Errorf("with a /proc it is incomplete: %v", here.Warnings)
	}
}

// TestFewDescriptors: a list that runs out of descriptors has all rows, or fails,
// or says that it is incomplete.
func TestFewDescriptors(t *testing.T) {
	needRoot(t)
	const many = 40
	pid, _ := startRole(t, "listen-many "+strconv.Itoa(many), inNewNamespace)
	for n := range 20 {
		limit := strconv.Itoa(6 + n/2)
		cmd := exec.Command("/proc/self/exe")
		snap, err := tryList(cmd, []string{"list-few ", "list-few-no-bpf "}[n%2]+limit)
		if err != nil {
			continue // it says so
		}
		rows, named, free := 0, 0, 0
		for _, s := range snap.Sockets {
			if s.NetNS != netnsOf(pid) {
				continue
			}
			rows++
			if len(s.Processes) == 1 && s.Processes[0].Name != "" {
				named++
			}
			if s.Hidden == HiddenNoOwner {
				free++
			}
		}
		said := strings.Contains(fmt.Sprint(snap.Warnings), ErrIncomplete.Error())
		if (rows != many || named != many) && !said {
			t.Errorf("%s descriptors: %d rows and %d holders of %d, and no word", limit, rows, named, many)
		}
		if free > 0 {
			t.Errorf("%s descriptors: %d sockets are said to have no owner", limit, free)
		}
	}
}

func TestComplete(t *testing.T) {
	snap := Snapshot{Warnings: []error{errors.New("something less")}}
	if !snap.Complete() {
		t.Error("any warning makes it incomplete")
	}
	snap.Warnings = append(snap.Warnings, incomplete("a table was %s", "cut"))
	if snap.Complete() || (Update{Warnings: snap.Warnings}).Complete() {
		t.Error("complete with a cut table")
	}
	if text := snap.Warnings[1].Error(); text != "sockets: the list is incomplete: a table was cut" {
		t.Errorf("it says %q", text)
	}
}

// TestFallback: it is said that the rows are not the kernel's own; they are all
// there.
func TestFallback(t *testing.T) {
	at := mustListen(t, "127.0.0.1:0")
	for l, want := range map[*Lister]bool{slowLister(): true, {}: false} {
		snap := list(t, l)
		find(t, snap, "tcp", at)
		if said := errors.Is(errors.Join(snap.Warnings...), ErrFallback); said != want || !snap.Complete() {
			t.Errorf("said %v, want %v; complete %v: %v", said, want, snap.Complete(), snap.Warnings)
		}
	}
}

// TestIsMissing: a lack of descriptors or memory is no reason to look elsewhere.
func TestIsMissing(t *testing.T) {
	for err, want := range map[error]bool{
		syscall.EMFILE: false, syscall.ENFILE: false, syscall.ENOMEM: false, syscall.ENOBUFS: false,
		syscall.EPERM: true, syscall.ENOSYS: true, syscall.EPROTONOSUPPORT: true, sockdiag.ErrUnavailable: true,
		errors.New("a message cut off"): false,
	} {
		if got := isMissing(fmt.Errorf("asking: %w", err)); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
