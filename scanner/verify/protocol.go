package verify

import (
	"crypto/rand"
	"encoding/hex"
)

// protocol is what the package knows of one protocol.
type protocol struct {
	name  string   // for Service.Protocol
	spec  string   // the document behind request and parse
	tcp   []uint16 // numbers where it is usual, registered or not
	tls   []uint16 // numbers where it is usual inside TLS
	udp   []uint16
	names []string // of programs that speak it

	// request is the first message of the client. Without one the server speaks
	// first.
	request func(q question) []byte

	// prompt says that the server greets at once, before it looks up who came.
	prompt bool

	// parse reads what the server sent since it was asked, or its greeting. It
	// is pure, and says yes only to a whole unit that nothing else sends.
	parse parser

	// unasked says that parse also holds for an answer to something else than
	// request: it knows the protocol by its own words.
	unasked bool

	// complaint reports that in is how a server of this protocol answers bytes
	// that it does not understand. It is a reason to ask it next, not a proof.
	complaint func(in []byte) bool

	// whole reports that in needs no more bytes, once parse said yes to it; nil
	// if a yes is enough.
	whole func(in []byte) bool

	// confirm asks what proves the protocol beyond what parse saw, on the same
	// connection; nil if parse is proof.
	confirm func(t *talk, s *Service) bool

	// follow asks more on the connection that was proved. It may leave s as it
	// is.
	follow func(t *talk, s *Service)

	// mirrored says that the right answer repeats the request.
	mirrored bool

	// halfClose says that the server answers only when the client has closed its
	// sending direction.
	halfClose bool

	// elsewhere says that a UDP answer comes from another port.
	elsewhere bool

	// oneClient says that the server has one client at a time and listens anew after each.
	oneClient bool

	// same keeps it to the connection whose greeting complaint knew.
	same bool

	// rank is the place in the order in which silent ports are asked on numbers
	// that tell nothing, 1 first; 0 for what is not asked there.
	rank int
}

// parser reads what came and fills s if it says yes.
type parser func(h heard, s *Service) verdict

// heard is what came from a server since it was asked.
type heard struct {
	data   []byte
	nonce  nonce
	closed bool // the server ended the connection after data
}

// question is what a request may depend on.
type question struct {
	nonce  nonce
	host   string // Target.Host
	port   uint16
	secure bool // it goes through TLS
	again  bool // HTTP/1.0 was refused
	known  bool // the number, the process or the server says that it is this protocol
}

// serverFirst reports whether the server greets.
func (p *protocol) serverFirst() bool { return p.request == nil }

// nonce makes the requests of one connection unlike all others, so that only an
// answer to them can hold it.
type nonce [16]byte

func newNonce() (n nonce) {
	rand.Read(n[:]) // never fails (crypto/rand)
	return n
}

// word is the nonce as 16 letters and digits.
func (n nonce) word() string { return hex.EncodeToString(n[:8]) }
