package verify

import "time"

// Service is what was found out about one [Target].
type Service struct {
	Target  Target // as it was given, without its Conn
	Outcome Outcome

	// Protocol is the protocol that was proved, such as "ssh"; "" if none was.
	// "tls" stands for TLS around a protocol that could not be told.
	Protocol string

	// Product and Version are the server's own words for the program; "" where
	// it did not say.
	Product, Version string

	// ProtocolVersion is the version of the protocol, such as "2.0" of SSH,
	// which says nothing about the version of the program.
	ProtocolVersion string

	Transport Transport
	StartTLS  bool // the server offers TLS on this plain connection
	TLS       *TLS // nil where no handshake was made

	// Info holds what else the server said that an administrator would like to
	// know, each a short phrase.
	Info []string

	// AnswersWithoutCredentials is set when the server did, for a stranger,
	// what it should keep for its users. From an address of the machine itself
	// it says little: some servers trust those.
	AnswersWithoutCredentials bool

	// WantsCredentials is set when the server refused a question for want of
	// them.
	WantsCredentials bool

	Evidence    Evidence
	Reason      string        // why a port was not asked, or could not be; "" otherwise
	Err         error         // behind OutcomeUnreachable; nil otherwise
	Connections int           // that were used, the one of the Target included; UDP sockets for UDP
	Spent       time.Duration // from begin to end, monotonic
}

// Evidence is what proves a [Service].
type Evidence struct {
	Request    string // what was asked, such as "GET /" or "ClientHello"; "greeting" if nothing was
	Product    string // where the product was read, such as "Server header"; "" without one
	FirstBytes []byte // the first bytes that came on the proving connection, at most 32, as they came
}

// firstBytes is how many bytes an Evidence keeps.
const firstBytes = 32

// Outcome says how the asking ended.
type Outcome uint8

const (
	// OutcomeUnidentified: nothing could be proved. Evidence has the first bytes, if
	// any came.
	OutcomeUnidentified Outcome = iota
	// OutcomeIdentified: Protocol was proved.
	OutcomeIdentified
	// OutcomeCloses: every connection was closed at once, without a byte.
	OutcomeCloses
	// OutcomeNotAsked: the port was only listened to, and stayed silent; Reason says
	// why.
	OutcomeNotAsked
	// OutcomeUnreachable: no connection could be opened; Err says why.
	OutcomeUnreachable
)

// String is the outcome as the JSON records spell it.
func (o Outcome) String() string {
	switch o {
	case OutcomeUnidentified:
		return "unidentified"
	case OutcomeIdentified:
		return "identified"
	case OutcomeCloses:
		return "closes"
	case OutcomeNotAsked:
		return "not-asked"
	case OutcomeUnreachable:
		return "unreachable"
	}
	return "unknown"
}

// Transport is what carries a protocol.
type Transport uint8

const (
	TransportPlain    Transport = iota // TCP or UDP as it is
	TransportTLS                       // TLS from the first byte
	TransportStartTLS                  // TLS after the server's consent, on the same connection
)

// String is the transport as the JSON records spell it.
func (t Transport) String() string {
	switch t {
	case TransportPlain:
		return "plain"
	case TransportTLS:
		return "tls"
	case TransportStartTLS:
		return "starttls"
	}
	return "unknown"
}

// TLS is what a handshake showed.
type TLS struct {
	Version string // "1.0" to "1.3"; "" if the server refused before it chose
	ALPN    string // the protocol that was chosen (RFC 7301); "" for none
	Alert   string // what the server refused with, in the words of RFC 8446 section 6; "" if it did not

	// The server's certificate. Subject is "" if none was seen.
	Subject, Issuer     string   // RFC 2253 names
	Names               []string // DNS names and addresses it is for
	NotBefore, NotAfter time.Time
	SelfSigned          bool
	Key                 string // such as "rsa-2048", "ecdsa-256" or "ed25519"
	Signature           string // such as "SHA256-RSA"
	Fingerprint         string // SHA-256 of the certificate, in hex

	// Trust is why this machine would not trust the certificate for
	// [Target.Host] now, or for no name if there is none; "" if it would.
	Trust string

	WrongName bool // the certificate is not for [Target.Host]; false if there is no name

	ClientCertificate bool   // the server asked for a certificate of the client
	Old               string // the version below 1.2 that it accepted when asked for one; "" otherwise
}
