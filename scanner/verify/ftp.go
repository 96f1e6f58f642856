package verify

import (
	"bytes"
	"strings"
)

// ftp is file transfer. The greeting names it, or the answer to FEAT does (RFC
// 959 section 5.4, RFC 2389).
func ftp() *protocol {
	return &protocol{
		name: "ftp", spec: "RFC 959 section 5.4, RFC 2389", tcp: []uint16{21, 2121}, tls: []uint16{990},
		names:   []string{"vsftpd", "proftpd", "pure-ftpd"},
		unasked: true,
		parse: func(h heard, s *Service) verdict {
			code, text, v := replyOf(h.data)
			if v != yes {
				return v
			}
			if hasWord(text, "SMTP") || hasWord(text, "ESMTP") || code != 220 && code != 120 && code != 421 && code != 530 || !namesFTP(text) {
				return no
			}
			takeKnown(s, text, "greeting", ftpPrograms())
			return yes
		},
		follow: func(t *talk, s *Service) {
			if !bytes.HasPrefix(t.got, []byte("220")) {
				return
			}
			in := t.ask([]byte("FEAT\r\n"), wholeReply)
			if code, _, _ := replyOf(in); code < 500 || !turnsOutSMTP(t, s) {
				readFEAT(t, s, in)
			}
		},
	}
}

// turnsOutSMTP reports that a server which greeted like one for files and knows no
// features is one for mail.
func turnsOutSMTP(t *talk, s *Service) bool {
	in := t.ask([]byte(ehlo), wholeReply)
	if code, _, _ := replyOf(in); code != 250 {
		return false
	}
	*s = Service{Outcome: s.Outcome, Protocol: "smtp", Transport: s.Transport, TLS: s.TLS, Evidence: Evidence{Request: s.Evidence.Request + ", EHLO", FirstBytes: s.Evidence.FirstBytes}}
	readEHLO(t, s, in)
	return true
}

// namesFTP reports that a greeting says FTP behind the host's name.
func namesFTP(text string) bool {
	if words := strings.Fields(text); len(words) > 1 && strings.Contains(words[0], ".") && !strings.Contains(words[0], "\n") {
		text = strings.Join(words[1:], " ")
	}
	return contains(text, "FTP")
}

func ftpPrograms() []known {
	return []known{
		{"vsFTPd", "vsftpd"}, {"ProFTPD Server", "ProFTPD"}, {"ProFTPD", "ProFTPD"}, {"Pure-FTPd", "Pure-FTPd"},
		{"FileZilla Server", "FileZilla Server"}, {"Microsoft FTP Service", "Microsoft FTP"}, {"pyftpdlib", "pyftpdlib"}, {"Serv-U FTP Server", "Serv-U"},
		{"WU-FTPD", "WU-FTPD"}, {"bftpd", "bftpd"}, {"Gene6", "Gene6 FTP"}, {"glFTPd", "glFTPd"}, {"CrushFTP", "CrushFTP"}, {"Apache FtpServer", "Apache FtpServer"},
		{"inetutils", "GNU inetutils ftpd"}, {"MikroTik", "MikroTik FTP"}, {"Linux-ftpd-0.17", "netkit ftpd"}, {"OpenBSD/Linux-ftpd", "netkit ftpd"}, {"SFTPGo", "SFTPGo"},
	}
}

func ftpByFEAT() *protocol {
	return &protocol{
		name: "ftp", spec: "RFC 2389 section 3", same: true,
		request: func(question) []byte { return []byte("FEAT\r\n") },
		parse: func(h heard, s *Service) verdict {
			code, _, v := replyOf(h.data)
			if v != yes {
				return v
			}
			return yesIf(code == 211)
		},
		complaint: bare220,
		follow: func(t *talk, s *Service) {
			takeKnown(s, string(t.p.greeting), "greeting", ftpPrograms())
			readFEAT(t, s, t.got)
		},
	}
}

func readFEAT(t *talk, s *Service, in []byte) {
	_, text, _ := replyOf(in)
	for line := range strings.SplitSeq(text, "\n") {
		if word := strings.TrimSpace(line); strings.HasPrefix(word, "AUTH") && strings.Contains(word, "TLS") {
			t.startTLS(s, []byte("AUTH TLS\r\n"), func(in []byte) bool { return bytes.HasPrefix(in, []byte("234")) })
			break
		}
	}
	t.say([]byte("QUIT\r\n"))
}
