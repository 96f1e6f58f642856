package sockets

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestRPCBind asks a real rpcbind about listeners of the kernel's own. Neither
// what a user registered nor what rpcbind of another network namespace says counts.
func TestRPCBind(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("rpcbind"); err != nil {
		t.Skip(err)
	}
	_, said := startRole(t, "rpcbind", func(cmd *exec.Cmd) {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID
	})
	want := []string{
		`198.18.0.1:34567 kernel "nlockmgr, as rpcbind says"`,
		`198.18.0.1:34568 no-owner ""`, // a process of the user's own registered it
		`198.18.0.1:34569 no-owner ""`, // nobody did
		"without rpcbind among the rows: 0 named",
		"in another network namespace: false",
	}
	if !slices.Equal(said, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(said, "\n"), strings.Join(want, "\n"))
	}
}

// rpcbindInside is the other half of TestRPCBind, in namespaces of its own.
func rpcbindInside() error {
	if err := ownProc(); err != nil {
		return err
	}
	if err := unix.Mount("tmpfs", "/run", "tmpfs", 0, "mode=0755"); err != nil {
		return err
	}
	for _, args := range []string{
		"link set lo up", "addr add 198.18.0.1/32 dev lo",
		"mptcp endpoint add 198.18.0.1 port 34567 signal", // the kernel listens there
		"mptcp endpoint add 198.18.0.1 port 34568 signal",
		"mptcp endpoint add 198.18.0.1 port 34569 signal",
	} {
		if err := command("", "ip", strings.Fields(args)...); err != nil {
			return fmt.Errorf("skip: %w", err) // a kernel without MPTCP
		}
	}
	if err := command("", "rpcbind", "-w"); err != nil { // it is a daemon once it can be asked
		return err
	}
	if err := registerRPC(100021, 4, "198.18.0.1.135.7"); err != nil {
		return err
	}
	if err := registerAsNobody(100021, 7, "198.18.0.1.135.8"); err != nil {
		return err
	}
	if err := nameHere(); err != nil {
		return err
	}
	return waitForEnd()
}

// nameHere names the kernel's listeners, and says what came of it.
func nameHere() error {
	snap, err := (&Lister{NetNS: ScopeSelf}).List(context.Background())
	if err != nil {
		return err
	}
	rows := make([]row, len(snap.Sockets))
	var unheld []*row
	for i, s := range snap.Sockets {
		rows[i] = row{Socket: s, netns: 1}
		if r := &rows[i]; r.mayBeKernels() {
			r.Hidden, r.Kernel = HiddenNoOwner, "" // whatever this machine's sandbox hides from root
			unheld = append(unheld, r)
		}
	}
	none := slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return r.Local.Port() == 111 })
	nameByRPCBind(context.Background(), unheld, none, rpcbindSocket)
	early := len(slices.DeleteFunc(slices.Clone(unheld), func(r *row) bool { return r.Kernel == "" }))
	nameByRPCBind(context.Background(), unheld, rows, rpcbindSocket)
	slices.SortFunc(unheld, func(a, b *row) int { return a.Local.Compare(b.Local) })
	for _, r := range unheld {
		fmt.Printf("%v %s %q\n", r.Local, r.Hidden, r.Kernel)
	}
	fmt.Printf("without rpcbind among the rows: %d named\n", early)
	return visit([]netns{{handle: "/proc/self/ns/net"}}, func(int) error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		fmt.Println("in another network namespace:", listensHere(context.Background(), rpcbindSocket))
		return nil
	})[0]
}

// registerRPC asks rpcbind to note a program on TCP, as root if the caller is.
func registerRPC(program, version uint32, addr string) error {
	conn, err := net.Dial("unix", rpcbindSocket)
	if err != nil {
		return err
	}
	defer conn.Close()
	const set = 1 // RPCBPROC_SET
	call := appendRPCBindDump(nil, 1)
	binary.BigEndian.PutUint32(call[24:], set)
	call = binary.BigEndian.AppendUint32(call, program)
	call = binary.BigEndian.AppendUint32(call, version)
	for _, text := range []string{"tcp", addr, "superuser"} {
		call = append(binary.BigEndian.AppendUint32(call, uint32(len(text))), text...)
		call = append(call, make([]byte, -len(text)&3)...)
	}
	binary.BigEndian.PutUint32(call, rpcLastFragment|uint32(len(call)-4))
	if _, err := conn.Write(call); err != nil {
		return err
	}
	answer, err := readRPCRecord(conn, rpcbindMost)
	if err != nil {
		return err
	}
	if len(answer) == 0 || answer[len(answer)-1] != 1 {
		return fmt.Errorf("rpcbind refused: %x", answer)
	}
	return nil
}

// registerAsNobody is registerRPC of an ordinary user, on a thread that ends with it.
func registerAsNobody(program, version uint32, addr string) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody); errno != 0 {
			done <- errno
			return
		}
		done <- registerRPC(program, version, addr)
	}()
	return <-done
}
