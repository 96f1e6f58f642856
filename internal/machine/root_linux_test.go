package machine

import "syscall"

func changeRoot(root string) error { return syscall.Chroot(root) }
