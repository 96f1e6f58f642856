package main

import (
	"bufio"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"porthole/internal/netlab"
)

// manyPorts are the open ports of each of them: one that greets, one that is
// asked for a page, one that is asked for a word.
func manyPorts() []uint16 { return []uint16{22, 80, 6379} }

// measureMany is the time for 1,000 hosts with 3 open ports each, 20 ms away,
// one in ten silent, beside a plain scan of the same ports.
func measureMany() (table string, err error) {
	dir, err := os.MkdirTemp("", "porthole-bench")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	porthole := filepath.Join(dir, "porthole")
	if err := buildPorthole(porthole); err != nil {
		return "", err
	}
	lab, err := netlab.New(netlab.Config{Delay: 10 * time.Millisecond})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	server := lab.Target().Command(self, verifyRespond)
	hold, err := server.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return "", err
	}
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return "", err
	}
	defer func() { hold.Close(); server.Wait() }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return "", err
	}
	plain, verified := manyRun{args: nil}, manyRun{args: []string{"--verify"}}
	for range manyRounds { // in turns, so that both meet the same machine
		for _, r := range []*manyRun{&plain, &verified} {
			if err := r.scan(lab.Scanner(), porthole); err != nil {
				return "", err
			}
		}
	}
	table = fmt.Sprintf("| 1,000 hosts with 3 open ports, 20 ms away, one in ten silent; the least of %d rounds | s | beside the plain scan | found |\n|---|---|---|---|\n", manyRounds)
	table += fmt.Sprintf("| porthole scan | %.2f | 1.0 | %d open |\n", plain.least.Seconds(), strings.Count(plain.found, `"state":"open"`))
	table += fmt.Sprintf("| porthole scan --verify | %.2f | %.1f | %d identified |\n", verified.least.Seconds(), float64(verified.least)/float64(plain.least), strings.Count(verified.found, `"outcome":"identified"`))
	return table, nil
}

// manyRounds is how often each way to scan them is measured.
const manyRounds = 7

// manyRun is one way to scan them.
type manyRun struct {
	args  []string
	least time.Duration
	found string // by the last scan
}

func (r *manyRun) scan(from *netlab.Namespace, porthole string) error {
	cmd := from.Command(porthole, append([]string{"scan", "-q", "-p", "22,80,6379", "-o", "jsonl", "198.18.16.0-198.18.19.231"}, r.args...)...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	found, err := cmd.Output()
	took := time.Since(began)
	if r.least == 0 || took < r.least {
		r.least = took
	}
	r.found = string(found)
	return err
}

// silentHost reports that the host of an address accepts and says nothing.
func silentHost(addr netip.Addr) bool { return addr.As4()[3]%10 == 0 }
