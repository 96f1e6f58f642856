package explain

import (
	"errors"

	"golang.org/x/sys/windows"
)

func inUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }

// denied is WSAEACCES: not of a user, all of whom may bind every port, but of a port
// that another socket has for itself (SO_EXCLUSIVEADDRUSE), or that is excluded.
func denied(err error) bool { return errors.Is(err, windows.WSAEACCES) }

// reuseAddr lists the values of SO_REUSEADDR to try. With it, Windows lets a socket
// take the port of another, which is no way to find out whether it is free.
func reuseAddr() []bool { return []bool{false} }

func setReuseAddr(uintptr, bool) error { return nil }
