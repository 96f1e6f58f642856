package cli

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"porthole/registry"
)

// portSets are the sets of ports that have a name, with what they hold.
func portSets() [][2]string {
	return [][2]string{
		{"common", "the curated list"},
		{"all", "1-65535"},
		{"top:100", "the first 100 of the ranked list"},
		{"top:1000", "the first 1000 of the ranked list"},
		{"well-known", "0-1023"},
		{"registered", "1024-49151"},
		{"dynamic", "49152-65535"},
	}
}

// ports completes the last item of a port expression: a port in use where the
// command is about this machine, a set, or the name of a service. Before a letter is
// typed only the services of common ports are offered: there are 11,000 in all.
func (q *completer) ports(before, typed string) {
	if f := q.line.pending; f == nil || f.Names()[0] != "free" {
		q.usedPorts(before, typed)
	}
	q.unusedPorts(before, typed)
}

// unusedPorts completes the last item of a port expression with sets and services.
func (q *completer) unusedPorts(before, typed string) {
	done, item := cutItem(typed)
	before += done
	protos := q.protos(typed)
	if len(item) > 1 && item[1] == ':' {
		before, item = before+item[:2], item[2:]
	}
	if strings.ContainsAny(item, "*?[") || item != "" && item[0] >= '0' && item[0] <= '9' {
		return // a glob, or numbers
	}
	for _, set := range portSets() {
		q.add(before+set[0], before+item, set[1])
	}
	q.servicesNamed(before, item, protos)
}

// port completes a single port: one in use, or the name of a service.
func (q *completer) port(before, typed string) {
	q.usedPorts(before, typed)
	if strings.Trim(typed, "0123456789") != "" || typed == "" {
		q.servicesNamed(before, typed, q.protos(""))
	}
}

// servicesNamed offers the services whose name begins with an item.
func (q *completer) servicesNamed(before, item string, protos map[string]bool) {
	seen := make(map[string]bool)
	for s := range q.named(item) {
		for _, name := range []string{s.Name, s.IANA} {
			name = strings.ToLower(name)
			if name != "" && !seen[name] && protos[s.Proto] && strings.HasPrefix(name, item) {
				seen[name] = true
				q.add(before+name, before+item, fmt.Sprintf("%d/%s %s", s.Port, s.Proto, s.Description))
				break
			}
		}
	}
}

func (q *completer) named(prefix string) iter.Seq[registry.Service] {
	if prefix != "" {
		return q.services.Named(prefix + "*")
	}
	common, err := q.services.ParsePorts("common")
	if err != nil {
		return func(func(registry.Service) bool) {}
	}
	return q.services.Services(common)
}

// protos are the protocols of the last item of an expression, by the last prefix
// such as U:, or else by the command.
func (q *completer) protos(expr string) map[string]bool {
	if i := strings.LastIndexByte(expr, ':'); i > 0 {
		switch expr[i-1] {
		case 'T', 't':
			return map[string]bool{"tcp": true}
		case 'U', 'u':
			return map[string]bool{"udp": true}
		case 'S', 's':
			return map[string]bool{"sctp": true}
		case 'D', 'd':
			return map[string]bool{"dccp": true}
		}
	}
	switch {
	case q.command.Name == "lookup":
		return map[string]bool{"tcp": true, "udp": true, "sctp": true, "dccp": true}
	case slices.Contains([]string{"list", "watch", "explain"}, q.command.Name) || q.line.pending != nil && q.line.pending.Names()[0] == "exclude-ports":
		return map[string]bool{"tcp": true, "udp": true}
	case q.line.seen["udp"]:
		return map[string]bool{"udp": true}
	default:
		return map[string]bool{"tcp": true}
	}
}
