package cli

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"porthole/internal/machine"
	"porthole/sockets"
)

// usedPorts completes the last item of a port expression with the ports that
// something of this machine waits on, the lowest first.
func (q *completer) usedPorts(before, typed string) {
	done, item := cutItem(typed)
	if q.command != nil && !slices.Contains([]string{"list", "watch", "explain", "kill", "wait"}, q.command.Name) {
		return // it is not about this machine's ports
	}
	if strings.Trim(item, "0123456789") != "" {
		return
	}
	holders := make(map[uint16][]string)
	for _, s := range q.listeners() {
		port := s.Local.Port()
		holders[port] = append(holders[port], names(s)...)
	}
	for _, port := range slices.Sorted(maps.Keys(holders)) {
		who := holders[port]
		slices.Sort(who)
		q.add(before+done+strconv.Itoa(int(port)), before+done+item, strings.Join(slices.Compact(who), ", "))
	}
}

// names are the holders of a socket, as in "sshd (812)".
func names(s sockets.Socket) (out []string) {
	for _, p := range s.Processes {
		out = append(out, fmt.Sprintf("%s (%d)", p.Name, p.PID))
	}
	return out
}

// listeners are the sockets that wait. Of other network namespaces there are those
// alone that the command is about.
func (q *completer) listeners() []sockets.Socket {
	if q.command != nil && (q.command.Name == "list" || q.command.Name == "watch") {
		return q.sockets()
	}
	here := machine.NetNS()
	return slices.DeleteFunc(slices.Clone(q.sockets()), func(s sockets.Socket) bool { return s.NetNS != here && here != 0 })
}

// sockets are those that wait in any network namespace, read once for each press of
// TAB.
func (q *completer) sockets() []sockets.Socket {
	if q.waiting == nil {
		snap, err := new(sockets.Lister).List(q.ctx)
		if err != nil {
			return nil
		}
		q.waiting = snap.Sockets
	}
	return q.waiting
}
