package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// tool is a program to measure and how to read what it prints.
type tool struct {
	name   string
	args   []string
	beside int // index of the tool whose runs make the ratio
	// read gives the sockets of one line, a holder each; pid 0 for none.
	read func(line string) []socket
}

// pairedTools is how many of the tools, from the first, the ratios are about.
const pairedTools = 4

// tools are porthole and its peers, as far as they are installed.
func tools(porthole string, quick bool) []tool {
	whole := []string{porthole, "list", "-q", "-o", "jsonl"}
	rows := append(slices.Clone(whole), "--no-process")
	all := []tool{
		{"porthole", whole, 1, readPorthole},
		{"ss -Htulpn", []string{"ss", "-Htulpn"}, 1, readSS()},
		{"porthole rows", rows, 3, readPorthole},
		{"ss -Htuln", []string{"ss", "-Htuln"}, 3, readSS()},
		{"lsof -nP, TCP and UDP", []string{"sh", "-c", "lsof -nP -iTCP -sTCP:LISTEN; lsof -nP -iUDP"}, 1, readLsof},
		{"netstat -tulpn", []string{"netstat", "-tulpn"}, 1, readNetstat},
	}
	if quick {
		return all[:pairedTools]
	}
	installed := all[:pairedTools]
	for _, t := range all[pairedTools:] {
		name, _, _ := strings.Cut(t.name, " ")
		if _, err := exec.LookPath(name); err == nil {
			installed = append(installed, t)
		}
	}
	return installed
}

func (t tool) run() (usage, []byte, error) {
	return measure(time.Minute, itself, exec.Command, t.args...)
}

// completeness is how much of the truth a tool printed, in sockets and with
// their holders.
func (t tool) completeness(out []byte, truth []socket) string {
	rows, holders := make(map[socket]bool), make(map[socket]bool)
	for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
		for _, s := range t.read(lines.Text()) {
			holders[s] = true
			s.pid = 0
			rows[s] = true
		}
	}
	found, held := 0, 0
	for _, s := range truth {
		if holders[s] {
			held++
		}
		if s.pid = 0; rows[s] {
			found++
		}
	}
	share := func(n int) string {
		if len(truth) == 0 {
			return "-"
		}
		return fmt.Sprintf("%.1f%%", 100*float64(n)/float64(len(truth)))
	}
	return share(found) + " | " + share(held)
}

// readPorthole reads the records of `porthole list -o jsonl`.
func readPorthole(line string) []socket {
	var r struct {
		Proto, Addr string
		Port        int
		Processes   []struct{ PID int }
	}
	if json.Unmarshal([]byte(line), &r) != nil || r.Proto == "" {
		return nil
	}
	var pids [][]string
	for _, p := range r.Processes {
		pids = append(pids, []string{"", strconv.Itoa(p.PID)})
	}
	return each(r.Proto, r.Addr+":"+strconv.Itoa(r.Port), pids)
}

func readSS() func(line string) []socket {
	holder := regexp.MustCompile(`pid=(\d+)`)
	return func(line string) []socket {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			return nil
		}
		return each(fields[0], fields[4], holder.FindAllStringSubmatch(line, -1))
	}
}

func readLsof(line string) []socket {
	fields := strings.Fields(line)
	if len(fields) < 9 {
		return nil
	}
	return each(strings.ToLower(fields[7]), fields[8], [][]string{{"", fields[1]}})
}

func readNetstat(line string) []socket {
	fields := strings.Fields(line)
	if len(fields) < 6 {
		return nil
	}
	pid, _, _ := strings.Cut(fields[len(fields)-1], "/")
	return each(fields[0], fields[3], [][]string{{"", pid}})
}

func each(proto, address string, pids [][]string) []socket {
	all := []socket{{proto: proto, address: address}}
	for _, m := range pids {
		if pid, err := strconv.Atoi(m[1]); err == nil {
			all = append(all, socket{proto, address, pid})
		}
	}
	return all
}
