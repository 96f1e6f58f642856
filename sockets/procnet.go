package sockets

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strconv"
	"strings"
)

// parseNetTable reads a table such as /proc/net/tcp6 (proc_pid_net(5), printed
// by get_tcp4_sock and its kin in the kernel) and gives the rows that are
// wanted. A line that makes no sense is counted and left out.
func parseNetTable(r io.Reader, proto string, all bool, give func(row)) (bad int, err error) {
	lines := bufio.NewScanner(r)
	lines.Scan() // the names of the columns
	for lines.Scan() {
		row, ok, err := parseNetLine(lines.Text(), proto, all)
		switch {
		case err != nil:
			bad++
		case ok:
			give(row)
		}
	}
	return bad, lines.Err()
}

// errNetLine is for a line that is cut off or not of the form known here.
var errNetLine = errors.New("not a line of a socket table")

// parseNetLine reads one socket. ok is false for one that is not wanted.
func parseNetLine(line, proto string, all bool) (r row, ok bool, err error) {
	fields := strings.Fields(line)
	// sl, local, remote, st, tx_queue:rx_queue, tr:tm->when, retrnsmt, uid,
	// timeout, inode
	if len(fields) < 10 {
		return row{}, false, errNetLine
	}
	code, err := strconv.ParseUint(fields[3], 16, 8)
	if err != nil {
		return row{}, false, errNetLine
	}
	r.Proto, r.State = proto, kernelState(proto, uint8(code))
	if !all && !r.State.Waits() {
		return row{}, false, nil
	}
	var remote netip.AddrPort
	var uid, inode uint64
	for _, read := range [...]func() error{
		func() (err error) { r.Local, err = parseNetAddr(fields[1]); return },
		func() (err error) { remote, err = parseNetAddr(fields[2]); return },
		func() (err error) { r.SendQ, r.RecvQ, err = parseQueues(fields[4]); return },
		func() (err error) { uid, err = strconv.ParseUint(fields[7], 10, 32); return },
		func() (err error) { inode, err = strconv.ParseUint(fields[9], 10, 64); return },
	} {
		if err := read(); err != nil {
			return row{}, false, fmt.Errorf("%w: %w", errNetLine, err)
		}
	}
	r.Remote = peer(remote)
	r.UID, r.Inode = int(uid), inode
	if uid == 0 && inode == 0 {
		r.UID = -1 // of TIME_WAIT and the like these two are not told
	}
	return r, true, nil
}

// peer is the zero AddrPort for a socket without one.
func peer(remote netip.AddrPort) netip.AddrPort {
	if remote.Port() == 0 && remote.Addr().IsUnspecified() {
		return netip.AddrPort{}
	}
	return remote
}

// kernelState reads a state of net/tcp_states.h. UDP uses two of them: 1 with
// a peer, 7 without.
func kernelState(proto string, code uint8) State {
	if proto != "tcp" {
		if code == 1 {
			return StateConnected
		}
		return StateBound
	}
	states := [...]State{
		1: StateEstablished, 2: StateSynSent, 3: StateSynRecv, 4: StateFinWait1, 5: StateFinWait2, 6: StateTimeWait, 7: StateClosed,
		8: StateCloseWait, 9: StateLastAck, 10: StateListen, 11: StateClosing, 12: StateSynRecv, 13: StateBoundInactive,
	}
	if int(code) >= len(states) {
		return StateUnknown
	}
	return states[code]
}

// parseNetAddr reads "0100007F:0016": words of the address in the machine's
// byte order, and the port, in hexadecimal.
func parseNetAddr(text string) (netip.AddrPort, error) {
	host, port, ok := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, errNetLine
	}
	var b [16]byte
	if len(host) != 8 && len(host) != 32 {
		return netip.AddrPort{}, errNetLine
	}
	for i := 0; i < len(host); i += 8 {
		word, err := strconv.ParseUint(host[i:i+8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, errNetLine
		}
		binary.NativeEndian.PutUint32(b[i/2:], uint32(word))
	}
	addr := netip.AddrFrom16(b)
	if len(host) == 8 {
		addr = netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrPortFrom(addr, uint16(number)), nil
}

// parseQueues reads "tx_queue:rx_queue".
func parseQueues(text string) (send, receive uint32, err error) {
	tx, rx, ok := strings.Cut(text, ":")
	s, errS := strconv.ParseUint(tx, 16, 32)
	r, errR := strconv.ParseUint(rx, 16, 32)
	if !ok || errS != nil || errR != nil {
		return 0, 0, errNetLine
	}
	return uint32(s), uint32(r), nil
}
