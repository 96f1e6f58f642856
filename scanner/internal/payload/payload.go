// Package payload has the UDP requests of a scan. UDP has no handshake: an open
// port shows itself only by an answer, so each port is sent a request that the
// usual service of that port answers. Every request asks for something that any
// stranger may know (a version, a name, the time) or is bound to be rejected.
// None changes anything at the far end.
//
// To add one, write a row of [table] with the document that specifies it, and a
// reader in the tests that parses the request as the service does.
package payload

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// payload is the request for one port.
type payload struct {
	port    uint16
	service string
	source  string // the document that specifies the request
	request []byte
}

// nonce fills the fields that a protocol wants to be unpredictable or unique,
// such as transaction numbers. A scan has one, so that a retry repeats its
// request, as these protocols ask of a retransmission.
type nonce [32]byte

func newNonce() nonce {
	var n nonce
	for i := 0; i < len(n); i += 8 {
		binary.BigEndian.PutUint64(n[i:], rand.Uint64())
	}
	return n
}

// Requests returns the function that has the request for each port in one scan.
// It may be called from several goroutines; the caller must not change what it
// returns.
//
// A port without a request of its own gets an empty datagram: some services
// answer any (RFC 862, RFC 867), it can start nothing, and a closed port rejects
// it like any other. The table is made when the first port is asked for.
func Requests() func(port uint16) []byte {
	byPort := sync.OnceValue(func() map[uint16][]byte {
		m := make(map[uint16][]byte)
		for _, p := range table(newNonce()) {
			m[p.port] = p.request
		}
		return m
	})
	return func(port uint16) []byte { return byPort()[port] }
}

// AnswersFromAnyPort reports whether the service of a port answers from another
// port: a TFTP server picks a new one for each transfer, also for one that only
// gets an error (RFC 1350 section 4).
func AnswersFromAnyPort(port uint16) bool { return port == 69 }

// join puts together the parts of a request.
func join(parts ...[]byte) []byte {
	var all []byte
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// be16 and be32 are numbers in network byte order.
func be16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }
func be32(v uint32) []byte { return binary.BigEndian.AppendUint32(nil, v) }
