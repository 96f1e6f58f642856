package sockets

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// helperEnv makes this test binary another program, for tests that need one.
const helperEnv = "PORTHOLE_TEST_HELPER"

func TestMain(m *testing.M) {
	if what := os.Getenv(helperEnv); what != "" {
		if err := help(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// holds is how many listeners the helper "hold" has.
const holds = 10

// help lists as whoever runs it, or says that it is up, perhaps with
// listeners, and waits until its standard input ends.
func help(what string) error {
	switch what {
	case "list":
		snap, err := new(Lister).List(context.Background())
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(snap)
	case "hold":
		for range holds {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			defer l.Close()
		}
		return waitForEnd()
	case "wait":
		return waitForEnd()
	default:
		return helpHere(what)
	}
}

func waitForEnd() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}
