package verify

import (
	"encoding/binary"
	"strings"
)

// mysql is the protocol of MySQL and MariaDB. The server greets; the connection
// is used for nothing else, for each that ends without a login counts towards
// the block of this host (max_connect_errors).
func mysql() *protocol {
	return &protocol{
		name: "mysql", spec: "MySQL Internals, Protocol::HandshakeV10", tcp: []uint16{3306, 3307},
		names:   []string{"mysqld", "mariadbd", "mysql", "mariadb"},
		unasked: true,
		parse:   parseMySQL,
	}
}

func parseMySQL(h heard, s *Service) verdict {
	const header, version10, errPacket = 4, 10, 0xff
	in := h.data
	if len(in) < header+1 {
		return partial
	}
	length := int(in[0]) | int(in[1])<<8 | int(in[2])<<16
	if in[3] != 0 || length < 10 || length > 512 || in[4] != version10 && in[4] != errPacket {
		return no
	}
	if len(in) < header+length {
		return partial
	}
	r := reader{in: in[header : header+length], order: binary.LittleEndian}
	if r.u8() == errPacket {
		return refusedByMySQL(r, s)
	}
	version := r.text()
	r.u32()    // connection id
	r.bytes(8) // salt, first part
	filler, low := r.u8(), r.u16()
	if r.bad || filler != 0 || !startsVersion(version) || !isText([]byte(version)) {
		return no
	}
	const sslSupported = 1 << 11
	s.StartTLS = low&sslSupported != 0
	s.ProtocolVersion = "10"
	if s.Product, s.Version = mysqlProduct(version); s.Product != "" {
		s.Evidence.Product = "greeting"
	}
	return yes
}

// mysqlProduct reads the version text. MariaDB puts one of MySQL before its own
// for the sake of old replication.
func mysqlProduct(text string) (product, version string) {
	version, rest, _ := strings.Cut(printable(strings.TrimPrefix(text, "5.5.5-")), "-")
	switch {
	case contains(rest, "MariaDB"):
		return "MariaDB", version
	case contains(rest, "Percona"):
		return "Percona Server", version
	case contains(text, "TiDB"):
		_, own, _ := strings.Cut(text, "TiDB-v")
		return "TiDB", cleanVersion(own)
	case contains(rest, "Vitess"):
		return "Vitess", ""
	case contains(rest, "ClickHouse"):
		return "ClickHouse", version
	case contains(text, "ProxySQL"):
		return "ProxySQL", ""
	}
	if strings.HasPrefix(rest, "id64-") || strings.HasPrefix(rest, "id32-") {
		return "Sphinx", version // which speaks it beside its own
	}
	if major, _, _ := strings.Cut(version, "."); len(major) > 1 || major < "3" {
		return "", "" // of MariaDB, it may be, whose administrator chose other words, or of none of them
	}
	return "MySQL", version
}

// refusedByMySQL reads an error that comes in place of a greeting: this host is
// not allowed, is blocked, or there are too many connections.
func refusedByMySQL(r reader, s *Service) verdict {
	const tooMany, hostBlocked, hostNotAllowed = 1040, 1129, 1130
	code := r.u16()
	text := string(r.in)
	if r.bad || code != tooMany && code != hostBlocked && code != hostNotAllowed {
		return no
	}
	if len(text) > 6 && text[0] == '#' { // an SQL state
		text = text[6:]
	}
	addInfo(s, text)
	s.WantsCredentials = true
	if contains(text, "MariaDB") {
		s.Product, s.Evidence.Product = "MariaDB", "error message"
	}
	return yes
}
