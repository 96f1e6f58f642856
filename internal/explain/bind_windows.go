package explain

import (
	"errors"

	"golang.org/x/sys/windows"
)

func inUse(err error) bool { return errors.Is(err, windows.WSAEADDRINUSE) }

// reuseAddr lists the values of SO_REUSEADDR to try. With it, Windows lets a socket
// take the port of another, which is no way to find out whether it is free.
func reuseAddr() []bool { return []bool{false} }

func setReuseAddr(uintptr, bool) error { return nil }
