package scanner

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"
)

// payload is a UDP request to which the service that is usual on a port
// answers. UDP has no handshake: an open port is known only by its answer, so
// the request must be one that the service wants to answer. Each asks for
// something any stranger may know (a version, a name, the time) or is bound to
// be turned down, and none changes anything at the far end.
type payload struct {
	port    uint16
	service string
	source  string // where the request is specified
	request []byte
}

// nonce fills the fields that a protocol wants to be unpredictable or unique,
// such as transaction numbers. A scan has one, so that an attempt that is
// repeated repeats its request, as these protocols ask of a retransmission.
type nonce [32]byte

func newNonce() nonce {
	var n nonce
	for i := 0; i < len(n); i += 8 {
		binary.BigEndian.PutUint64(n[i:], rand.Uint64())
	}
	return n
}

// payloads answers with the request for a port. A port without one gets an
// empty datagram: a few services answer any (RFC 862, RFC 867), it can start
// nothing, and a closed port refuses it as well as any other.
//
// The table is made when the first port is asked for.
func payloads() func(port uint16) []byte {
	byPort := sync.OnceValue(func() map[uint16][]byte {
		table := payloadTable(newNonce())
		m := make(map[uint16][]byte, len(table))
		for _, p := range table {
			m[p.port] = p.request
		}
		return m
	})
	return func(port uint16) []byte { return byPort()[port] }
}

// answersElsewhere reports a port whose service answers from a port of its
// choice: a TFTP server picks a new one for each transfer, errors included
// (RFC 1350 section 4). The first attempt listens for a refusal, which only a
// connected socket hears; those after silence listen for such an answer.
func answersElsewhere(port uint16) bool { return port == 69 }

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
