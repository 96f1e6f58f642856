package cli

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"unicode"

	"github.com/urfave/cli/v2"

	"porthole/internal/inspect"
	"porthole/internal/killjob"
	"porthole/internal/record"
	"porthole/internal/report"
	"porthole/registry"
	"porthole/sockets"
)

// completer finds the candidates for one press of TAB.
type completer struct {
	ctx        context.Context
	app        *cli.App
	services   *registry.Registry
	command    *cli.Command // nil before one is named
	flags      []cli.Flag   // that may stand here
	kind       string       // of the arguments
	line       flagsSoFar
	candidates []string
	waiting    []sockets.Socket // of this machine; nil until they are asked for
}

// offer adds the candidates for a value or argument of a kind, which is the word
// in capitals that the help shows. The typed word is before and typed.
func (q *completer) offer(kind, before, typed string) {
	if complete, ok := q.kinds()[kind]; ok {
		complete(before, typed)
	}
}

// kinds has every kind of value and argument, also those without candidates, such
// as numbers.
func (q *completer) kinds() map[string]func(before, typed string) {
	nothing := func(string, string) {}
	return map[string]func(before, typed string){
		"":               nothing,
		"N":              nothing,
		"D":              nothing,
		"I/N":            nothing,
		"-- WORD":        nothing,
		"COMMAND":        q.commands,
		"SHELL":          words(q, shells),
		"WHEN":           words(q, whens),
		"HOW":            words(q, discovers),
		"ADDR":           words(q, ownAddrTexts),
		"IF":             words(q, interfaceNames),
		"SEVERITY":       words(q, record.Severities),
		"WHICH":          words(q, q.namespaces),
		"SOURCE":         words(q, sources),
		"STATES":         listOf(q, showStates),
		"PROTO":          listOf(q, q.listedProtos),
		"KIND,...":       listOf(q, exposures),
		"EXPR":           q.ports,
		"QUERY":          q.query,
		"PORT":           q.port,
		"PORT|NAME":      q.heldPortsAndProcesses,
		"SIGNAL":         q.signals,
		"WHAT":           words(q, waitFors),
		"STATE,...":      listOf(q, socketStates),
		"COLUMN":         q.order,
		"COLUMN,...":     listOf(q, socketColumns),
		"CIDR":           nothing,
		"TARGET":         q.shell(":hosts"),
		"TARGETS":        q.shell(":hosts"),
		"PORT|HOST:PORT": q.portsAndHosts,
		"USER":           q.shell(":users"),
		"FILE":           q.shell(":files"),
		"FILE...":        q.shell(":files"),
		"OLD NEW":        q.shell(":files"),
		"FORMAT[=FILE]":  q.formats,
		"NAME":           q.processes,
		"PID":            q.pids,
		"[=all]":         words(q, verifyKinds),
	}
}

// commands offers the commands. A number in place of one means explain.
func (q *completer) commands(before, typed string) {
	if typed != "" && typed[0] >= '0' && typed[0] <= '9' {
		q.usedPorts(before, typed)
	}
	for _, cmd := range visible(q.app) {
		q.add(before+cmd.Name, before+typed, cmd.Usage)
	}
}

func words(q *completer, all func() []string) func(before, typed string) {
	return func(before, typed string) {
		for _, w := range all() {
			q.add(before+w, before+typed, "")
		}
	}
}

// listOf offers words for the last item of a list with commas.
func listOf(q *completer, all func() []string) func(before, typed string) {
	return func(before, typed string) {
		done, item := cutItem(typed)
		given := strings.Split(done, ",")
		free := func() []string {
			return slices.DeleteFunc(all(), func(w string) bool { return slices.Contains(given, w) })
		}
		words(q, free)(before+done, item)
	}
}

// cutItem parts a list at its last comma.
func cutItem(typed string) (done, item string) {
	i := strings.LastIndexByte(typed, ',') + 1
	return typed[:i], typed[i:]
}

// shell lets the shell complete a value.
func (q *completer) shell(what string) func(before, typed string) {
	return func(before, typed string) {
		if what == ":hosts" {
			done, _ := cutItem(typed)
			before += done
		}
		if !strings.ContainsFunc(before, unicode.IsControl) {
			q.candidates = append(q.candidates, what+"\t"+before)
		}
	}
}

// formats offers the formats of the command, and files after the = of one.
func (q *completer) formats(before, typed string) {
	if format, _, toFile := strings.Cut(typed, "="); toFile {
		q.shell(":files")(before+format+"=", "")
		return
	}
	for _, f := range report.Formats() {
		if q.command == nil || (report.Spec{Format: f}).For(q.command.Name) == nil {
			q.add(before+string(f), before+typed, "")
		}
	}
}

// portsAndHosts offers ports of this machine and hosts.
func (q *completer) portsAndHosts(before, typed string) {
	q.port(before, typed)
	q.shell(":hosts")(before, typed)
}

// query offers ports, and where sockets are chosen the names of processes that hold
// some.
func (q *completer) query(before, typed string) {
	if q.command.Name == "lookup" {
		q.ports(before, typed)
		return
	}
	q.usedPorts(before, typed)
	q.processes(before, typed)
	q.unusedPorts(before, typed)
}

// heldPortsAndProcesses offers what can be ended: the ports in use, the names of
// processes that hold sockets, and the services of these ports.
func (q *completer) heldPortsAndProcesses(before, typed string) {
	q.usedPorts(before, typed)
	q.processes(before, typed)
	seen := make(map[string]bool)
	for _, s := range q.listeners() {
		known, _ := q.services.Lookup(s.Proto, s.Local.Port())
		if known.Name != "" && !seen[known.Name] {
			seen[known.Name] = true
			q.add(before+known.Name, before+typed, fmt.Sprintf("%d/%s %s", s.Local.Port(), s.Proto, strings.Join(names(s), ", ")))
		}
	}
}

// signals offers signals by their names, with SIG in front if that is typed.
func (q *completer) signals(before, typed string) {
	for _, name := range killjob.Signals() {
		if typed != "" && strings.HasPrefix("SIG"+name, typed) {
			name = "SIG" + name
		}
		q.add(before+name, before+typed, "")
	}
}

// order offers columns to sort by, backwards behind a minus.
func (q *completer) order(before, typed string) {
	if strings.HasPrefix(typed, "-") {
		before, typed = before+"-", typed[1:]
	}
	words(q, socketColumns)(before, typed)
}

// listedProtos are the protocols that the command tells apart.
func (q *completer) listedProtos() []string {
	if protos := listProtos(); q.command.Name == "list" || q.command.Name == "watch" {
		return protos
	}
	return []string{"tcp", "udp"}
}

// namespaces are the words for network namespaces, and where a single one can be named
// those that have a name.
func (q *completer) namespaces() []string {
	found := scopes()
	if q.command.Name == "list" || q.command.Name == "watch" {
		return found
	}
	for _, s := range q.sockets() {
		if s.NetNSName != "" && !slices.Contains(found, s.NetNSName) {
			found = append(found, s.NetNSName)
		}
	}
	return found
}

// processes offers the names of processes that hold sockets.
func (q *completer) processes(before, typed string) {
	seen := make(map[string]bool)
	for _, p := range q.holders() {
		if !seen[p.Name] {
			seen[p.Name] = true
			q.add(before+p.Name, before+typed, "")
		}
	}
}

func (q *completer) pids(before, typed string) {
	for _, p := range q.holders() {
		q.add(before+fmt.Sprint(p.PID), before+typed, p.Name)
	}
}

// holders are the processes that hold sockets, by PID.
func (q *completer) holders() (all []*sockets.Process) {
	for _, s := range q.listeners() {
		for i := range s.Processes {
			all = append(all, &s.Processes[i])
		}
	}
	slices.SortFunc(all, func(a, b *sockets.Process) int { return a.PID - b.PID })
	return slices.CompactFunc(all, func(a, b *sockets.Process) bool { return a.PID == b.PID })
}

// ownAddrTexts are the addresses of this network namespace.
func ownAddrTexts() (texts []string) {
	addrs, _ := inspect.OwnAddrs()
	for _, a := range addrs {
		texts = append(texts, a.String())
	}
	return texts
}

func interfaceNames() (names []string) {
	found, _ := net.Interfaces()
	for _, i := range found {
		names = append(names, i.Name)
	}
	return names
}
