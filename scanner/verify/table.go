package verify

// protocols is the table of all that can be proved: the documentation in short.
// The order matters twice: among protocols that share a number, and for parsers
// that know an answer by its own words, where the stricter comes first.
func protocols() []*protocol {
	return []*protocol{
		// They greet.
		ssh(), smtp(), lmtp(), ftp(), imap(), pop3(), managesieve(),
		smtpByEHLO(), ftpByFEAT(), imapByTag(), pop3ByList(),

		// They are asked, and known by their own words also when asked for something else.
		tlsProtocol(), http(), h2c(),
	}
}
// tlsProtocol stands for a port that says it wants TLS, in words or by an alert.
func tlsProtocol() *protocol {
	return &protocol{
		name: "tls", spec: "RFC 8446 section 6", unasked: true,
		parse: func(h heard, _ *Service) verdict {
			if wantsTLS(string(h.data)) {
				return yes
			}
			if len(h.data) > 0 && h.data[0] == 22 {
				return no
			}
			if v := readTLS(h.data); v != yes || len(h.data) == 7 {
				return v
			}
			return no
		},
	}
}
