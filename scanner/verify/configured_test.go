package verify

import (
	"io"
	"net"
	"strings"
	"testing"
)

// lines is a server of lines: it greets, if there is a greeting, and has an answer for
// each line by how it begins, or the one of "".
func lines(greeting string, answers map[string]string) func(net.Conn) {
	return func(conn net.Conn) {
		if greeting != "" {
			if _, err := io.WriteString(conn, greeting); err != nil {
				return
			}
		}
		buf, all := make([]byte, 4096), ""
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			all += string(buf[:n])
			for {
				line, rest, ok := strings.Cut(all, "\n")
				if !ok {
					break
				}
				all = rest
				answer := answers[""]
				for begin, text := range answers {
					if begin != "" && strings.HasPrefix(line, begin) {
						answer = text
					}
				}
				if answer == "" {
					continue
				}
				if _, err := io.WriteString(conn, answer); err != nil {
					return
				}
			}
		}
	}
}

// TestConfiguredServers asks servers whose administrator has changed what they say, or
// keeps strangers out. The words are those of real ones.
func TestConfiguredServers(t *testing.T) {
	const featuresOfVsftpd = "211-Features:\r\n AUTH TLS\r\n UTF8\r\n211 End\r\n"
	for _, tt := range []struct {
		name                       string
		usual                      uint16
		serve                      func(net.Conn)
		protocol, product, version string
	}{
		{"vsftpd, ftpd_banner of a mail server", 21, lines("220 mail.example ESMTP ready\r\n",
			map[string]string{"": "530 Please login with USER and PASS.\r\n", "FEAT": featuresOfVsftpd, "QUIT": "221 Goodbye.\r\n"}), "ftp", "", ""},
		{"pyftpdlib, banner of a mail server", 21, lines("220 SMTP relay\r\n",
			map[string]string{"": "500 Command not understood.\r\n", "FEAT": "211-Features supported:\r\n EPRT\r\n211 End FEAT.\r\n"}), "ftp", "", ""},
		{"an FTP server without features", 21, lines("220 mail.example ESMTP ready\r\n", map[string]string{"": "530 Not logged in.\r\n"}), "ftp", "", ""},
		{"Postfix, smtpd_banner of an FTP server", 25, lines("220 mail.example FTP server ready\r\n",
			map[string]string{"": "502 5.5.2 Error: command not recognized\r\n", "EHLO": "250-mail.example\r\n250 STARTTLS\r\n"}), "smtp", "", ""},
		{"Postfix, smtpd_banner that says nothing", 25, lines("220 mail.example\r\n",
			map[string]string{"": "502 5.5.2 Error: command not recognized\r\n", "EHLO": "250-mail.example\r\n250 STARTTLS\r\n"}), "smtp", "", ""},
		{"a mail server that refuses EHLO", 25, lines("220 mail.example ESMTP Postfix\r\n", map[string]string{"": "502 5.5.2 Error: command not recognized\r\n", "EHLO": "550 5.7.1 go away\r\n"}), "smtp", "Postfix", ""},
		{"Dovecot, LMTP", 24, lines("220 mail.example Dovecot (Debian) ready.\r\n",
			map[string]string{"": "500 5.5.1 Unknown command\r\n", "LHLO": "250-mail.example\r\n250 PIPELINING\r\n"}), "lmtp", "Dovecot", ""},
		{"Redis, maxclients", 6379, func(conn net.Conn) { io.WriteString(conn, "-ERR max number of clients reached\r\n") }, "redis", "", ""},
		{"Redis, an ACL", 6379, lines("", map[string]string{"": "-NOPERM this user has no permissions to run the 'ping' command\r\n", "GET": "-ERR wrong number of arguments for 'get' command\r\n"}), "redis", "", ""},
		{"memcached -Y", 11211, lines("", map[string]string{"": "CLIENT_ERROR unauthenticated\r\n"}), "memcached", "", ""},
		{"OpenSSH, MaxStartups", 22, func(conn net.Conn) { io.WriteString(conn, "Exceeded MaxStartups\r\n") }, "ssh", "", ""},
		{"OpenSSH, PerSourcePenalties", 22, func(conn net.Conn) { io.WriteString(conn, "Not allowed at this time\r\n") }, "ssh", "", ""},
		{"ircd-hybrid, throttled", 6667, func(conn net.Conn) {
			io.WriteString(conn, "ERROR :Your host is trying to (re)connect too fast -- throttled.\r\n")
		}, "irc", "", ""},
		{"MariaDB, --version", 3306, greet("Q\x00\x00\x00\n10.1.2-custom\x00\x06\x00\x00\x00abcdefgh\x00\xfe\xff-\x02\x00\xff\xc1\x15\x00\x00\x00\x00\x00\x00\x1d\x00\x00\x00abcdefghijkl\x00mysql_native_password\x00"), "mysql", "", ""},
		{"ClickHouse, for clients of MySQL", 9004, greet("P\x00\x00\x00\n24.8.4-ClickHouse\x00\x06\x00\x00\x00abcdefgh\x00\xfe\xff-\x02\x00\xff\xc1\x15\x00\x00\x00\x00\x00\x00\x1d\x00\x00abcdefghijkl\x00mysql_native_password\x00"), "mysql", "ClickHouse", "24.8.4"},
	} {
		for _, number := range []uint16{tt.usual, 31000} {
			s, f := ask(t, number, tt.serve, Verifier{})
			if s.Protocol != tt.protocol || s.Product != tt.product || s.Version != tt.version {
				t.Errorf("%s on %d: %v %q %q %q after %d connections (%q)", tt.name, number, s.Outcome, s.Protocol, s.Product, s.Version, len(f.connections), s.Evidence.FirstBytes)
			}
		}
	}
}

// TestRefusalsProveNothing holds that other words than those of the programs are not
// taken for theirs.
func TestRefusalsProveNothing(t *testing.T) {
	for name, serve := range map[string]func(net.Conn){
		"goes on after a refusal of OpenSSH": greet("Not allowed at this time\r\n"),
		"more than Redis says":               greet("-ERR max number of clients reached\r\nlogin: "),
		"another word for it":                lines("", map[string]string{"": "CLIENT_ERROR unauthenticated user\r\n"}),
		"consents to everything":             lines("220 x\r\n", map[string]string{"": "250 ok\r\n"}),
		"220 and refusals":                   lines("220 ready\r\n", map[string]string{"": "500 what?\r\n"}),
	} {
		for _, number := range []uint16{22, 6379, 11211, 31000} {
			if s, _ := ask(t, number, serve, Verifier{}); s.Protocol != "" {
				t.Errorf("%s on %d is %q", name, number, s.Protocol)
			}
		}
	}
}
