package firewall

import (
	"os"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

// readLSMs notes security modules that may drop packets which the rules let pass.
// Most modules never do; SELinux and AppArmor only by labels that rules give to
// packets, and SELinux if its policy says that it always looks.
func (h *Host) readLSMs() {
	names, _ := readSmall("/sys/kernel/security/lsm") // without securityfs: nothing
	active := strings.Split(strings.TrimSpace(names), ",")
	labels := h.Rules.Labels()
	on := func(path string) bool {
		text, err := readSmall(path)
		return err == nil && strings.HasPrefix(text, "1")
	}
	if slices.Contains(active, "smack") {
		h.Notes = append(h.Notes, Note{Text: "Smack may drop what its labels do not let in"})
	}
	if on("/sys/fs/selinux/enforce") && (labels || on("/sys/fs/selinux/policy_capabilities/always_check_network")) {
		h.Notes = append(h.Notes, Note{Text: "SELinux may drop by the labels of packets"})
	}
	if labels && slices.Contains(active, "apparmor") {
		h.Notes = append(h.Notes, Note{Text: "AppArmor may drop by the labels of packets"})
	}
	for _, hook := range lsmHooks() {
		switch hook { // those that a connection from outside meets
		case "socket_sock_rcv_skb", "inet_conn_request", "socket_accept", "socket_recvmsg":
			h.Notes = append(h.Notes, Note{Text: "a BPF program of LSM may drop (" + hook + ")"})
		}
	}
}

// lsmHooks lists the hooks that BPF programs are attached to; nil where the kernel
// does not tell.
func lsmHooks() (hooks []string) {
	const (
		getNextID, fdByID, infoByFD = 31, 30, 15 // BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID, BPF_OBJ_GET_INFO_BY_FD
		tracing, attachLSM          = 2, 27      // BPF_LINK_TYPE_TRACING, BPF_LSM_MAC
		linksMost                   = 1 << 14
	)
	var types []byte
	attr := struct{ start, next, flags uint32 }{}
	for range linksMost {
		if _, _, errno := unix.Syscall(unix.SYS_BPF, getNextID, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr)); errno != 0 {
			return hooks
		}
		attr.start = attr.next
		byID := struct{ id, next, flags uint32 }{id: attr.next}
		fd, _, errno := unix.Syscall(unix.SYS_BPF, fdByID, uintptr(unsafe.Pointer(&byID)), unsafe.Sizeof(byID))
		if errno != 0 {
			continue // it has gone
		}
		// The part of struct bpf_link_info for tracing.
		var info struct{ kind, id, program, _, attach, object, function, _ uint32 }
		ask := struct {
			fd, length uint32
			info       uint64
		}{uint32(fd), uint32(unsafe.Sizeof(info)), uint64(uintptr(unsafe.Pointer(&info)))}
		_, _, errno = unix.Syscall(unix.SYS_BPF, infoByFD, uintptr(unsafe.Pointer(&ask)), unsafe.Sizeof(ask))
		unix.Close(int(fd))
		if errno != 0 || info.kind != tracing || info.attach != attachLSM {
			continue
		}
		if types == nil {
			if types, _ = os.ReadFile("/sys/kernel/btf/vmlinux"); types == nil {
				return hooks
			}
		}
		if hook := strings.TrimPrefix(btfName(types, info.function), "bpf_lsm_"); !slices.Contains(hooks, hook) {
			hooks = append(hooks, hook)
		}
	}
	return hooks
}
