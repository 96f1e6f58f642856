package killjob

import (
	"fmt"
	"os"
	"strings"
)

// DefaultSignal is the one that ends a process unless another is asked for.
const DefaultSignal = "KILL"

// Signals are those that can be sent.
func Signals() []string { return []string{"KILL"} }

// ParseSignal reads KILL: Windows has no other way to end a process of somebody
// else's.
func ParseSignal(text string) (os.Signal, error) {
	if strings.TrimPrefix(strings.ToUpper(text), "SIG") != "KILL" {
		return nil, fmt.Errorf("windows cannot send %q; only KILL, which a program cannot catch", text)
	}
	return os.Kill, nil
}

// SignalName is the name of a signal, without SIG.
func SignalName(os.Signal) string { return "KILL" }
