package sockets

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// lsofRows asks lsof once for the TCP and UDP sockets of all processes that it
// may look into. Nothing is looked up (-n, -P), and the fields are ended by NUL.
func lsofRows(ctx context.Context, run tool) ([]row, []error, error) {
	out, complaint, err := run(ctx, "-nPw", "-iTCP", "-iUDP", "-Tqs", "-F0pftdPnT")
	lines, warnings := parseLsof(out)
	switch {
	case err == nil:
	case len(lines) == 0 && complaint == "" && isExit(err, 1):
		// This is how it says that there is none.
	case len(lines) == 0 || !isExit(err, 1):
		return nil, nil, toolError("lsof", complaint, err)
	case complaint != "":
		warnings = append(warnings, incomplete("lsof may have left out sockets: %s", complaint))
	}
	return mergeLsof(lines), warnings, nil
}

// lsofLine is one descriptor of a process.
type lsofLine struct {
	row
	socket string // the kernel's address of the socket, or what stands for it; "" unknown
}

// parseLsof reads what lsof -F0 writes, as its manual page has it in "OUTPUT FOR
// OTHER PROGRAMS": a set of fields for a process, which begins with its PID, then
// one for each of its files, which begins with the descriptor. Sets end with a line
// feed, and fields with NUL, so that no name can pass for a field.
func parseLsof(out []byte) (lines []lsofLine, warnings []error) {
	pid, bad := 0, 0
	var firstBad error
	for set := range strings.SplitSeq(string(out), "\x00\n") {
		if set == "" {
			continue
		}
		if number, ok := strings.CutPrefix(set, "p"); ok {
			number, _, _ = strings.Cut(number, "\x00")
			pid, _ = strconv.Atoi(number) // 0 is nobody's
			continue
		}
		line, ok, err := parseLsofFile(set, pid)
		switch {
		case err != nil:
			bad++
			firstBad = cmp.Or(firstBad, err)
		case ok:
			lines = append(lines, line)
		}
	}
	if bad > 0 {
		warnings = append(warnings, incomplete("%d lines of lsof left out, the first because of: %w", bad, firstBad))
	}
	return lines, warnings
}

// parseLsofFile reads the set of one descriptor. It is not ok for one that has no
// port yet, or is of another protocol.
func parseLsofFile(set string, pid int) (line lsofLine, ok bool, err error) {
	var name string
	var v6 bool
	line.UID = -1
	for field := range strings.SplitSeq(set, "\x00") {
		if field == "" {
			continue
		}
		switch value := field[1:]; field[0] {
		case 'f':
			line.fd, _ = descriptorNumber(value)
		case 't':
			v6 = value == "IPv6"
		case 'd':
			line.socket = strings.TrimPrefix(value, "0x")
		case 'P':
			line.Proto = strings.ToLower(value)
		case 'n':
			name = value
		case 'T':
			line.readTCPInfo(value)
		}
	}
	if line.Proto != "tcp" && line.Proto != "udp" {
		return line, false, nil
	}
	local, remote, connected := strings.Cut(name, "->")
	if line.Local, ok, err = parseEndpoint(local, v6); err != nil || !ok {
		return line, false, err
	}
	if line.Remote, _, err = parseEndpoint(remote, v6); connected && err != nil {
		return line, false, err
	}
	if line.Proto == "udp" {
		line.State = StateBound
		if connected {
			line.State = StateConnected
		}
	}
	if pid > 0 {
		line.pids = []int{pid}
	}
	return line, true, nil
}

// readTCPInfo reads what -T adds: ST=LISTEN, QR=0, QS=0.
func (l *lsofLine) readTCPInfo(info string) {
	what, value, _ := strings.Cut(info, "=")
	n, _ := strconv.ParseUint(value, 10, 32)
	switch what {
	case "ST":
		l.State = tcpState(value)
	case "QR":
		l.RecvQ = uint32(n)
	case "QS":
		l.SendQ = uint32(n)
	}
}

// mergeLsof makes one row of the lines of one socket. Lines without the kernel's address
// of the socket are one if protocol, addresses and state are the same.
func mergeLsof(lines []lsofLine) []row {
	type key struct {
		socket, proto string
		local, remote netip.AddrPort
		state         State
	}
	at := make(map[key]int, len(lines))
	var rows []row
	for _, l := range lines {
		socket := l.socket
		if strings.Trim(socket, "0") == "" {
			socket = ""
		}
		k := key{socket, l.Proto, l.Local, l.Remote, l.State}
		i, seen := at[k]
		if !seen {
			i = len(rows)
			at[k] = i
			rows = append(rows, l.row)
			continue
		}
		rows[i].pids = append(rows[i].pids, l.pids...)
	}
	sortHolders(rows)
	return rows
}

// errNoPort is for an address that does not end with a port.
var errNoPort = errors.New("no port")

// parseEndpoint reads an address with its port as lsof and sockstat write them:
// *:22, 127.0.0.1:631, [::1]:631, ::1:631, fe80::1%em0:546. It is not ok for *:*,
// which has no port, and for "".
func parseEndpoint(text string, v6 bool) (ap netip.AddrPort, ok bool, err error) {
	if text == "" {
		return ap, false, nil
	}
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return ap, false, fmt.Errorf("%w in %q", errNoPort, text)
	}
	host, service := strings.Trim(text[:colon], "[]"), text[colon+1:]
	if service == "*" {
		return ap, false, nil
	}
	port, err := strconv.ParseUint(service, 10, 16)
	if err != nil {
		return ap, false, fmt.Errorf("%w in %q", errNoPort, text)
	}
	addr := netip.IPv4Unspecified()
	switch {
	case host != "*":
		if addr, err = netip.ParseAddr(host); err != nil {
			return ap, false, fmt.Errorf("bad address %q: %w", text, err)
		}
		if v6 && addr.Is4() {
			addr = netip.AddrFrom16(addr.As16())
		}
	case v6:
		addr = netip.IPv6Unspecified()
	}
	return netip.AddrPortFrom(addr, uint16(port)), true, nil
}

// descriptorNumber reads the number that a descriptor begins with: "3u" is 3.
func descriptorNumber(text string) (uint32, error) {
	end := strings.IndexFunc(text, func(r rune) bool { return r < '0' || r > '9' })
	if end >= 0 {
		text = text[:end]
	}
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err
}
