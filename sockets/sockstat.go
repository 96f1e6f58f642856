package sockets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// sockstatRows asks FreeBSD's own sockstat(1), which is in the base system, for the
// TCP and UDP sockets with their states. It shows the sockets of everyone, unless
// security.bsd.see_other_uids or a jail keeps them away.
func sockstatRows(ctx context.Context, run tool) ([]row, []error, error) {
	out, complaint, err := run(ctx, "-46sqw", "-P", "tcp,udp")
	if err != nil {
		return nil, nil, toolError("sockstat", complaint, err)
	}
	rows, warnings := parseSockstat(out)
	if complaint != "" {
		warnings = append(warnings, incomplete("sockstat may have left out sockets: %s", complaint))
	}
	return rows, warnings, nil
}

// parseSockstat reads the lines of sockstat(1): user, command, PID, descriptor,
// protocol, local and foreign address, and the state of TCP. A command may hold
// blanks, so that a line is read from its end. "?" stands for the holder of a
// socket that has none.
func parseSockstat(out []byte) (rows []row, warnings []error) {
	bad := 0
	var firstBad error
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "USER" { // the heading, which old versions do not leave out
			continue
		}
		r, ok, err := parseSockstatLine(fields)
		switch {
		case err != nil:
			bad++
			firstBad = cmp.Or(firstBad, err)
		case ok:
			rows = append(rows, r)
		}
	}
	if bad > 0 {
		warnings = append(warnings, incomplete("%d lines of sockstat left out, the first because of: %w", bad, firstBad))
	}
	return mergeHolders(rows), warnings
}

var errSockstat = errors.New("not a line of sockstat")

func parseSockstatLine(fields []string) (r row, ok bool, err error) {
	at := sockstatProto(fields)
	if at < 0 {
		return r, false, fmt.Errorf("%w: %q", errSockstat, strings.Join(fields, " "))
	}
	r.UID = -1
	proto := fields[at]
	r.Proto = proto[:3]
	v6 := strings.Contains(proto, "6")
	if v6 {
		r.V6Only = tristate(!strings.Contains(proto, "4"))
	}
	if r.Local, ok, err = parseEndpoint(fields[at+1], v6); err != nil || !ok {
		return r, false, err
	}
	if r.Remote, ok, err = parseEndpoint(fields[at+2], v6); err != nil {
		return r, false, err
	}
	switch {
	case r.Proto == "udp" && ok:
		r.State = StateConnected
	case r.Proto == "udp":
		r.State = StateBound
	case at+3 < len(fields):
		r.State = tcpState(fields[at+3])
	}
	if pid, err := strconv.Atoi(fields[at-2]); err == nil && pid > 0 {
		r.pids = []int{pid}
		r.fd, _ = descriptorNumber(fields[at-1])
	}
	return r, true, nil
}

// sockstatProto finds the protocol: two addresses follow it, and for TCP a state.
// It is -1 if there is none.
func sockstatProto(fields []string) int {
	for _, at := range []int{len(fields) - 4, len(fields) - 3} {
		if at < 4 {
			continue
		}
		switch fields[at] {
		case "tcp4", "tcp6", "tcp46", "udp4", "udp6", "udp46":
			return at
		}
	}
	return -1
}
