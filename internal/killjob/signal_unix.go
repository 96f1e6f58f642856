//go:build unix

package killjob

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// DefaultSignal is the one that ends a process unless another is asked for.
const DefaultSignal = "TERM"

// Signals are those that people end servers with, for completion.
func Signals() []string { return []string{"TERM", "INT", "HUP", "QUIT", "KILL"} }

// ParseSignal reads a signal as kill(1) takes it: TERM, SIGTERM, sigterm or 15.
func ParseSignal(text string) (os.Signal, error) {
	name := strings.ToUpper(text)
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		if name = unix.SignalName(unix.Signal(n)); name == "" {
			return nil, fmt.Errorf("no signal has the number %s; kill -l lists them", text)
		}
	}
	if sig := unix.SignalNum("SIG" + strings.TrimPrefix(name, "SIG")); sig != 0 {
		return sig, nil
	}
	return nil, fmt.Errorf("no signal is named %q; write TERM, INT, HUP or KILL", text)
}

// SignalName is the name of a signal, without SIG.
func SignalName(sig os.Signal) string {
	return strings.TrimPrefix(unix.SignalName(sig.(unix.Signal)), "SIG")
}
