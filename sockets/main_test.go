package sockets

import (
	"context"
	"encoding/json"
	"errors"
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

// printList writes a list to standard output.
func printList(l *Lister) error {
	snap, err := l.List(context.Background())
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(pack(snap))
}

// help lists as whoever runs it, or says that it is up, perhaps with
// listeners, and waits until its standard input ends.
func help(what string) error {
	switch what {
	case "list":
		return printList(new(Lister))
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

// packed is what goes through JSON of a snapshot: JSON has no errors.
type packed struct {
	Sockets  []Socket
	Warnings []string
}

func pack(snap Snapshot) packed {
	p := packed{Sockets: snap.Sockets}
	for _, w := range snap.Warnings {
		p.Warnings = append(p.Warnings, w.Error())
	}
	return p
}

func (p packed) unpack() Snapshot {
	snap := Snapshot{Sockets: p.Sockets}
	for _, w := range p.Warnings {
		snap.Warnings = append(snap.Warnings, errors.New(w))
	}
	return snap
}

func waitForEnd() error {
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// TestPack: warnings survive the way from a helper.
func TestPack(t *testing.T) {
	text, err := json.Marshal(pack(Snapshot{Sockets: []Socket{{Proto: "tcp"}}, Warnings: []error{errors.New("half a table")}}))
	if err != nil {
		t.Fatal(err)
	}
	var told packed
	if err := json.Unmarshal(text, &told); err != nil {
		t.Fatal(err)
	}
	snap := told.unpack()
	if len(snap.Sockets) != 1 || len(snap.Warnings) != 1 || snap.Warnings[0].Error() != "half a table" {
		t.Errorf("got %+v", snap)
	}
}
