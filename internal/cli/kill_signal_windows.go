package cli

import (
	"fmt"
	"os"
	"strings"
)

const defaultSignal = "KILL"

func signals() []string { return []string{"KILL"} }

// parseSignal reads KILL: Windows has no other way to end a process of somebody
// else's.
func parseSignal(text string) (os.Signal, error) {
	if strings.TrimPrefix(strings.ToUpper(text), "SIG") != "KILL" {
		return nil, fmt.Errorf("windows cannot send %q; only KILL, which a program cannot catch", text)
	}
	return os.Kill, nil
}

func signalName(os.Signal) string { return "KILL" }
