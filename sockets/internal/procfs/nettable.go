package procfs

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

// NetSocket is a line of a table such as /proc/net/tcp6 (proc_pid_net(5), printed
// by get_tcp4_sock and its kin in the kernel).
type NetSocket struct {
	Local, Remote netip.AddrPort
	State         uint8  // of net/tcp_states.h
	SendQ, RecvQ  uint32 // bytes; of a listener, connections
	UID           uint32
	Inode         uint64 // 0 for TIME_WAIT and the like, which have no UID either
}

// ParseNetTable reads a table and calls give with the sockets whose states are wanted.
// Lines that make no sense are left out and counted; the error is r's.
func ParseNetTable(r io.Reader, wanted func(state uint8) bool, give func(NetSocket)) (bad int, err error) {
	lines := bufio.NewScanner(r)
	lines.Scan() // the names of the columns
	for lines.Scan() {
		s, ok, err := parseNetLine(lines.Text(), wanted)
		switch {
		case err != nil:
			bad++
		case ok:
			give(s)
		}
	}
	return bad, lines.Err()
}

// ErrNetLine is for a line that is cut off or not of the form known here.
var ErrNetLine = errors.New("not a line of a socket table")

// parseNetLine reads one socket. ok is false for one that is not wanted.
func parseNetLine(line string, wanted func(state uint8) bool) (s NetSocket, ok bool, err error) {
	fields := strings.Fields(line)
	// sl, local, remote, st, tx_queue:rx_queue, tr:tm->when, retrnsmt, uid,
	// timeout, inode
	if len(fields) < 10 {
		return NetSocket{}, false, ErrNetLine
	}
	state, err := strconv.ParseUint(fields[3], 16, 8)
	if err != nil {
		return NetSocket{}, false, ErrNetLine
	}
	s.State = uint8(state)
	if !wanted(s.State) {
		return NetSocket{}, false, nil
	}
	var uid uint64
	for _, read := range [...]func() error{
		func() (err error) { s.Local, err = parseNetAddr(fields[1]); return },
		func() (err error) { s.Remote, err = parseNetAddr(fields[2]); return },
		func() (err error) { s.SendQ, s.RecvQ, err = parseQueues(fields[4]); return },
		func() (err error) { uid, err = strconv.ParseUint(fields[7], 10, 32); return },
		func() (err error) { s.Inode, err = strconv.ParseUint(fields[9], 10, 64); return },
	} {
		if err := read(); err != nil {
			return NetSocket{}, false, fmt.Errorf("%w: %w", ErrNetLine, err)
		}
	}
	s.UID = uint32(uid)
	return s, true, nil
}

// parseNetAddr reads "0100007F:0016": words of the address in the machine's
// byte order, and the port, in hexadecimal.
func parseNetAddr(text string) (netip.AddrPort, error) {
	host, port, ok := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil {
		return netip.AddrPort{}, ErrNetLine
	}
	var b [16]byte
	if len(host) != 8 && len(host) != 32 {
		return netip.AddrPort{}, ErrNetLine
	}
	for i := 0; i < len(host); i += 8 {
		word, err := strconv.ParseUint(host[i:i+8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, ErrNetLine
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
		return 0, 0, ErrNetLine
	}
	return uint32(s), uint32(r), nil
}
