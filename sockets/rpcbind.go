package sockets

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Of ONC RPC (RFC 5531) and of rpcbind, version 3 (RFC 1833 section 2.2.1).
const (
	rpcCall, rpcReply = 0, 1
	rpcVersion        = 2
	rpcAccepted       = 0       // MSG_ACCEPTED, and SUCCESS of accept_stat
	rpcbindProgram    = 100000  // RPCBPROG
	rpcbindVersion    = 3       // RPCBVERS
	rpcbindDump       = 4       // RPCBPROC_DUMP
	rpcLastFragment   = 1 << 31 // of the length before a fragment, section 11
	rpcbindMost       = 1 << 20 // bytes of an answer, for more than 10,000 services
)

var errRPC = errors.New("not an answer of rpcbind")

// rpcService is one line of rpcbind's table: an rpcb of RFC 1833.
type rpcService struct {
	program, version uint32
	netid            string // "tcp", "udp", "tcp6", "udp6", "local" (RFC 5665 section 5)
	addr             string // universal address (RFC 5665 section 5.2.3)
	owner            string // who registered it, as rpcbind saw: "superuser", a user's number, "unknown"
}

// kernelProgram names the RPC programs that Linux serves by itself. What else is
// registered, such as mountd and status, is always a process's.
func kernelProgram(program uint32) string {
	switch program {
	case 100003:
		return "nfs"
	case 100021:
		return "nlockmgr"
	case 100227:
		return "nfs_acl"
	default:
		return ""
	}
}

// port is the last two parts of the universal address; 0 without.
func (s rpcService) port() uint16 {
	rest, low, ok := cutLast(s.addr, ".")
	_, high, more := cutLast(rest, ".")
	h, errHigh := strconv.ParseUint(high, 10, 8)
	l, errLow := strconv.ParseUint(low, 10, 8)
	if !ok || !more || errHigh != nil || errLow != nil {
		return 0
	}
	return uint16(h<<8 | l)
}

func cutLast(s, sep string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// rpcPort is where an RPC service waits.
type rpcPort struct {
	netid string
	port  uint16
}

// kernelServices are the ports of the programs that the kernel serves. Any user may
// register a program and call itself what it likes; rpcbind notes who it was, and
// only root's word counts, which the kernel's is.
func kernelServices(services []rpcService) map[rpcPort]string {
	found := make(map[rpcPort]string)
	for _, s := range services {
		name, at := kernelProgram(s.program), rpcPort{s.netid, s.port()}
		if name == "" || at.port == 0 || s.owner != "superuser" {
			continue
		}
		if known := found[at]; known == "" || name < known { // nfs before nfs_acl, on the same port
			found[at] = name
		}
	}
	return found
}

// nameByRPC says of rows without a holder what rpcbind says.
func nameByRPC(rows []*row, services map[rpcPort]string) {
	for _, r := range rows {
		netid := r.Proto
		if r.Local.Addr().Is6() {
			netid += "6"
		}
		if name := services[rpcPort{netid, r.Local.Port()}]; name != "" {
			r.Hidden, r.Kernel = HiddenKernel, name+", as rpcbind says"
		}
	}
}

// appendRPCBindDump is the question for the whole table, in one fragment, with no
// credentials (AUTH_NONE).
func appendRPCBindDump(b []byte, xid uint32) []byte {
	words := [...]uint32{xid, rpcCall, rpcVersion, rpcbindProgram, rpcbindVersion, rpcbindDump, 0, 0, 0, 0}
	b = binary.BigEndian.AppendUint32(b, rpcLastFragment|uint32(4*len(words)))
	for _, w := range words {
		b = binary.BigEndian.AppendUint32(b, w)
	}
	return b
}

// readRPCRecord reads the fragments of one message, of most bytes in all.
func readRPCRecord(r io.Reader, most int) (record []byte, err error) {
	for fragments := 0; ; fragments++ {
		var header [4]byte
		if _, err := io.ReadFull(r, header[:]); err != nil {
			return nil, err
		}
		mark := binary.BigEndian.Uint32(header[:])
		length := int(mark &^ rpcLastFragment)
		if length > most-len(record) || fragments > most/len(header) {
			return nil, fmt.Errorf("%w: more than %d bytes", errRPC, most)
		}
		start := len(record)
		record = append(record, make([]byte, length)...)
		if _, err := io.ReadFull(r, record[start:]); err != nil {
			return nil, err
		}
		if mark&rpcLastFragment != 0 {
			return record, nil
		}
	}
}

// parseRPCBind reads the answer to appendRPCBindDump, an rpcblist_ptr.
func parseRPCBind(answer []byte, xid uint32) (services []rpcService, err error) {
	x := xdr{rest: answer}
	if x.word() != xid || x.word() != rpcReply || x.word() != rpcAccepted {
		return nil, errRPC
	}
	x.word() // the verifier's flavor
	x.text()
	if x.word() != rpcAccepted || x.short {
		return nil, errRPC
	}
	for x.word() == 1 { // another one follows
		s := rpcService{program: x.word(), version: x.word(), netid: x.text(), addr: x.text(), owner: x.text()}
		if x.short {
			return nil, errRPC
		}
		services = append(services, s)
	}
	if x.short {
		return nil, errRPC
	}
	return services, nil
}

// xdr reads values of RFC 4506. After the end it gives zeros.
type xdr struct {
	rest  []byte
	short bool // more was read than there was
}

func (x *xdr) word() uint32 {
	const size = 4
	if len(x.rest) < size {
		x.rest, x.short = nil, true
		return 0
	}
	w := binary.BigEndian.Uint32(x.rest)
	x.rest = x.rest[size:]
	return w
}

// text is a string or an opaque of variable length, padded to whole words.
func (x *xdr) text() string {
	length := uint64(x.word())
	padded := (length + 3) &^ 3
	if padded > uint64(len(x.rest)) {
		x.rest, x.short = nil, true
		return ""
	}
	s := string(x.rest[:length])
	x.rest = x.rest[padded:]
	return s
}
