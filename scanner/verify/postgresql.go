package verify

import (
	"bytes"
)

// postgresql asks whether there is TLS, and then for a version of the protocol
// that does not exist, whose refusal proves the server and is no login.
func postgresql() *protocol {
	return &protocol{
		name: "postgresql", spec: "PostgreSQL documentation, Message Formats: SSLRequest, StartupMessage, ErrorResponse",
		tcp: []uint16{5432, 5433, 6432, 9999}, names: []string{"postgres", "pgbouncer", "pgpool", "postmaster", "postgresql"},
		request: func(question) []byte { return concat(be32(8), be32(80877103)) },
		parse: func(h heard, s *Service) verdict {
			if string(h.data) == "S" || string(h.data) == "N" {
				return yes // not yet: confirm has the last word
			}
			return readPostgresError(h.data, s)
		},
		confirm: confirmPostgres,
		rank:    2,
	}
}

// confirmPostgres sends a start of version 9.0, inside TLS if the server agreed
// to that, and wants an error of the right form.
func confirmPostgres(t *talk, s *Service) bool {
	if t.got[0] == 'E' {
		return true
	}
	if t.got[0] == 'S' {
		s.StartTLS = true
		seen, ok := t.p.upgrade(t.p.t.Host)
		if !ok || seen.Version == "" || t.p.cur == nil {
			return false
		}
		s.TLS = seen
	}
	start := concat(be32(9), be32(9<<16), []byte{0})
	whole := func(in []byte) bool { return readPostgresError(in, &Service{}) != partial }
	in := t.ask(start, whole)
	if len(in) == 0 && t.p.cur == nil && !t.p.secure && t.got[0] == 'N' && t.p.connect(t.ctx) {
		// Pgpool-II closes on that, and tells who does not say who it is.
		in = t.ask(concat(be32(9), be32(3<<16), []byte{0}), whole)
	}
	return readPostgresError(in, s) == yes
}

// readPostgresError reads an ErrorResponse: fields of a letter and a text, with
// a severity, an SQL state and a message among them.
func readPostgresError(in []byte, s *Service) verdict {
	if len(in) < 5 {
		if len(in) > 0 && in[0] != 'E' {
			return no
		}
		return partial
	}
	r := reader{in: in[1:]}
	length := r.u32()
	if in[0] != 'E' || length < 10 || length > 2048 {
		return no
	}
	if len(in) < int(length)+1 {
		return partial
	}
	r.in = r.in[:length-4]
	fields := make(map[byte]string)
	for kind := r.u8(); kind != 0 && !r.bad; kind = r.u8() {
		fields[kind] = r.text()
	}
	if r.bad || len(r.in) != 0 || fields['S'] == "" || len(fields['C']) != 5 || fields['M'] == "" {
		return no
	}
	switch message := fields['M']; {
	case bytes.HasPrefix([]byte(message), []byte("unsupported frontend protocol")) && fields['R'] == "ProcessStartupPacket":
		s.Product, s.Evidence.Product = "PostgreSQL", "error message"
	case fields['F'] == "protocol/child.c" || fields['F'] == "child.c" && fields['S'] == "FATAL":
		s.Product, s.Evidence.Product = "Pgpool-II", "place in its source"
	case contains(message, "pgbouncer"):
		s.Product, s.Evidence.Product = "PgBouncer", "error message"
	}
	s.ProtocolVersion = "3.0"
	return yes
}
