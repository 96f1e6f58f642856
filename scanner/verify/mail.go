package verify

import (
	"bytes"
	"strings"
)

// smtp is the mail transfer protocol. A server greets with 220 and must not be
// talked to before (RFC 5321 section 4.3.1).
func smtp() *protocol {
	return &protocol{
		name: "smtp", spec: "RFC 5321 sections 3.1 and 4.2",
		tcp: []uint16{25, 587, 2525}, tls: []uint16{465},
		names:     []string{"exim4", "exim", "master", "smtpd", "sendmail", "sendmail-mta"},
		unasked:   true,
		parse:     parseSMTP,
		complaint: tooEarly,
		follow:    followSMTP,
	}
}

// tooEarly reports that a mail server refuses who talked before it greeted: Exim, in
// words, any other by an enhanced status code (RFC 3463).
func tooEarly(in []byte) bool {
	code, text, v := replyOf(in)
	return v == yes && (code == 521 || code == 554) && (strings.HasPrefix(text, "SMTP synchronization error") || strings.HasPrefix(text, "5."))
}

// lmtp is SMTP's sister for delivery, which greets alike.
func lmtp() *protocol {
	return &protocol{
		name: "lmtp", spec: "RFC 2033", tcp: []uint16{24}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			code, text, v := replyOf(h.data)
			if v != yes {
				return v
			}
			if code != 220 || !hasWord(text, "LMTP") {
				return no
			}
			takeKnown(s, text, "greeting", mailPrograms())
			return yes
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("QUIT\r\n")) },
	}
}

// mailPrograms are those that name themselves in a greeting.
func mailPrograms() []known {
	return []known{
		{"Exim", "Exim"}, {"Postfix", "Postfix"}, {"Sendmail", "Sendmail"}, {"OpenSMTPD", "OpenSMTPD"},
		{"Microsoft ESMTP MAIL Service", "Microsoft ESMTP"}, {"Haraka", "Haraka"}, {"qmail", "qmail"}, {"MailEnable", "MailEnable"},
		{"hMailServer", "hMailServer"}, {"Python SMTP", "aiosmtpd"}, {"Dovecot", "Dovecot"}, {"Cyrus", "Cyrus"}, {"Courier", "Courier"},
		{"JAMES SMTP Server", "Apache James"}, {"Citadel", "Citadel"}, {"Zimbra", "Zimbra"}, {"MDaemon", "MDaemon"}, {"Kerio", "Kerio Connect"},
		{"maddy", "maddy"}, {"Stalwart", "Stalwart"}, {"mailpit", "Mailpit"}, {"MailHog", "MailHog"}, {"msmtpd", "msmtpd"}, {"OpenBSD smtpd", "OpenSMTPD"},
	}
}

func parseSMTP(h heard, s *Service) verdict {
	code, text, v := replyOf(h.data)
	if v != yes {
		return v
	}
	if code == 220 && refusedEarly(h.data) {
		takeKnown(s, text, "greeting", mailPrograms())
		return yes
	}
	if code == 220 && namesFTP(text) && !refusedEarly(h.data) {
		return no // whoever names both has to answer one of them
	}
	if code != 220 && code != 421 && code != 554 || !hasWord(text, "ESMTP") && !hasWord(text, "SMTP") || contains(text, "synchronization error") {
		return no
	}
	takeKnown(s, text, "greeting", mailPrograms())
	return yes
}

// refusedEarly reports that a greeting is followed by refusals of what was said before
// it, with an enhanced status code, which only mail servers have (RFC 2034).
func refusedEarly(in []byte) bool {
	_, rest, _ := bytes.Cut(in, []byte("\n"))
	return len(rest) > 6 && rest[0] == '5' && bytes.HasPrefix(rest[3:], []byte(" 5.")) && rest[6] >= '0' && rest[6] <= '9'
}

// ehlo and lhlo greet in turn. The name is one that cannot be anybody's (RFC 2606).
const (
	ehlo = "EHLO porthole.invalid\r\n"
	lhlo = "LHLO porthole.invalid\r\n"
)

func followSMTP(t *talk, s *Service) {
	if !bytes.HasPrefix(t.got, []byte("220")) {
		return // it wants no talk
	}
	refusals := t.p.spoken // of what was said before the greeting
	in := t.ask([]byte(ehlo), func(in []byte) bool {
		if refusals {
			in = afterErrors(in)
		}
		return wholeReply(in)
	})
	if refusals {
		in = afterErrors(in)
	}
	if code, _, _ := replyOf(in); code >= 500 && turnsOutFTP(t, s, code) {
		return
	}
	readEHLO(t, s, in)
}

// turnsOutFTP reports that a server which greeted like one for mail and refuses EHLO is
// one for files: it lists its features, or wants a login first (RFC 959 section 4.2).
func turnsOutFTP(t *talk, s *Service, code int) bool {
	const features, notLoggedIn = 211, 530
	in := t.ask([]byte("FEAT\r\n"), wholeReply)
	if answer, _, _ := replyOf(in); answer != features && code != notLoggedIn {
		return false
	}
	*s = Service{Outcome: s.Outcome, Protocol: "ftp", Transport: s.Transport, TLS: s.TLS, Evidence: Evidence{Request: s.Evidence.Request + ", FEAT", FirstBytes: s.Evidence.FirstBytes}}
	readFEAT(t, s, in)
	return true
}

// afterErrors is what stands behind refusals of one line: those of what was said before
// the greeting.
func afterErrors(in []byte) []byte {
	for {
		line, rest, ok := bytes.Cut(in, []byte("\n"))
		if !ok || len(line) < 4 || line[0] != '5' || line[3] != ' ' {
			return in
		}
		in = rest
	}
}

// readEHLO looks for what matters in the extensions, and takes its leave.
func readEHLO(t *talk, s *Service, in []byte) {
	code, text, _ := replyOf(in)
	if code != 250 {
		t.say([]byte("QUIT\r\n"))
		return
	}
	for _, word := range strings.Split(text, "\n")[1:] {
		if strings.EqualFold(word, "STARTTLS") {
			t.startTLS(s, []byte("STARTTLS\r\n"), func(in []byte) bool { return bytes.HasPrefix(in, []byte("220")) })
		}
	}
	t.say([]byte("QUIT\r\n"))
}

// mailByHello asks a server that greeted with 220 and no more whether it is one for
// mail, on the same connection: by EHLO for transfer, by LHLO for delivery.
func mailByHello(name, spec, hello string) *protocol {
	return &protocol{
		name: name, spec: spec, same: true,
		request: func(question) []byte { return []byte(hello) },
		parse: func(h heard, s *Service) verdict {
			code, _, v := replyOf(h.data)
			if v != yes {
				return v
			}
			return yesIf(code == 250)
		},
		complaint: bare220,
		confirm:   refusesNonsense,
		follow: func(t *talk, s *Service) {
			takeKnown(s, string(t.p.greeting), "greeting", mailPrograms())
			readEHLO(t, s, t.got)
		},
	}
}

// refusesNonsense tells a mail server from what consents to everything.
func refusesNonsense(t *talk, _ *Service) bool {
	code, _, _ := replyOf(t.ask([]byte(t.nonce.word()+"\r\n"), wholeReply))
	return code >= 500
}

// bare220 reports a greeting that SMTP and FTP have in common.
func bare220(in []byte) bool {
	code, _, v := replyOf(in)
	return v == yes && code == 220
}

// imap is mail access. A greeting that names it is enough; else a tagged answer
// is wanted (RFC 9051 sections 7.1 and 2.2.1).
func imap() *protocol {
	return &protocol{
		name: "imap", spec: "RFC 9051 section 7.1", tcp: []uint16{143}, tls: []uint16{993},
		names:   []string{"imap-login", "imapd", "couriertcpd", "dovecot"},
		unasked: true,
		parse:   parseIMAP,
		follow:  func(t *talk, s *Service) { followIMAP(t, s, nil) },
	}
}

func mailboxPrograms() []known {
	return []known{
		{"Dovecot", "Dovecot"}, {"Cyrus IMAP", "Cyrus IMAP"}, {"Cyrus POP3", "Cyrus POP3"}, {"Cyrus", "Cyrus"}, {"Courier-IMAP", "Courier IMAP"}, {"Courier", "Courier"},
		{"Microsoft Exchange", "Microsoft Exchange"}, {"GNU mailutils", "GNU Mailutils"}, {"UW-IMAP", "UW IMAP"},
		{"Zimbra", "Zimbra"}, {"hMailServer", "hMailServer"}, {"Citadel", "Citadel"}, {"JAMES", "Apache James"}, {"Qpopper", "Qpopper"},
		{"Solid POP3 server", "Solid POP3"}, {"MDaemon", "MDaemon"}, {"Kerio", "Kerio Connect"}, {"Stalwart", "Stalwart"}, {"maddy", "maddy"},
	}
}

func parseIMAP(h heard, s *Service) verdict {
	line, ok := firstLine(h.data)
	if !ok {
		return prefixOf(h.data, "* OK ")
	}
	if !strings.HasPrefix(line, "* OK") && !strings.HasPrefix(line, "* PREAUTH") && !strings.HasPrefix(line, "* BYE") || !contains(line, "IMAP") {
		return no
	}
	takeKnown(s, line, "greeting", mailboxPrograms())
	s.AnswersWithoutCredentials = strings.HasPrefix(line, "* PREAUTH")
	return yes
}

// imapByTag asks a server that greeted with "* OK" for its capabilities.
func imapByTag() *protocol {
	return &protocol{
		name: "imap", spec: "RFC 9051 section 6.1.1", same: true,
		request: func(q question) []byte { return []byte(q.nonce.word() + " CAPABILITY\r\n") },
		parse: func(h heard, s *Service) verdict {
			if tagged(h.data, h.nonce.word()) {
				return yesIf(bytes.HasPrefix(h.data, []byte("* CAPABILITY IMAP4")))
			}
			return prefixOf(h.data, "* CAPABILITY ")
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("* OK")) },
		follow: func(t *talk, s *Service) {
			takeKnown(s, string(t.p.greeting), "greeting", mailboxPrograms())
			followIMAP(t, s, t.got)
		},
	}
}

// tagged reports that a line begins with tag and a result.
func tagged(in []byte, tag string) bool {
	for line := range strings.Lines(string(in)) {
		rest, ok := strings.CutPrefix(line, tag+" ")
		if ok && strings.HasSuffix(line, "\n") && (strings.HasPrefix(rest, "OK") || strings.HasPrefix(rest, "NO") || strings.HasPrefix(rest, "BAD")) {
			return true
		}
	}
	return false
}

func followIMAP(t *talk, s *Service, capabilities []byte) {
	if capabilities == nil {
		if bytes.HasPrefix(t.got, []byte("* BYE")) {
			return
		}
		capabilities = t.ask([]byte("p1 CAPABILITY\r\n"), func(in []byte) bool { return tagged(in, "p1") })
	}
	line, _ := firstLine(capabilities)
	if hasWord(line, "ID") {
		in := t.ask([]byte("p2 ID NIL\r\n"), func(in []byte) bool { return tagged(in, "p2") })
		takeIMAPID(s, string(in))
	}
	if contains(line, " STARTTLS") {
		t.startTLS(s, []byte("p3 STARTTLS\r\n"), func(in []byte) bool { return tagged(in, "p3") && bytes.Contains(in, []byte("p3 OK")) })
	}
	t.say([]byte("p4 LOGOUT\r\n"))
}

// takeIMAPID reads * ID ("name" "Dovecot" "version" "2.3") (RFC 2971).
func takeIMAPID(s *Service, in string) {
	value := func(key string) string {
		_, rest, ok := strings.Cut(in, `"`+key+`" "`)
		if !ok {
			return ""
		}
		text, _, _ := strings.Cut(rest, `"`)
		return printable(text)
	}
	if name := value("name"); name != "" {
		if s.Product == "" || strings.EqualFold(s.Product, name) {
			s.Product, s.Evidence.Product = name, "ID"
			s.Version = cleanVersion(value("version"))
		}
	}
}

// pop3 is the Post Office Protocol (RFC 1939, capabilities RFC 2449).
func pop3() *protocol {
	return &protocol{
		name: "pop3", spec: "RFC 1939 section 4", tcp: []uint16{110}, tls: []uint16{995},
		names:   []string{"pop3-login", "pop3d", "popa3d"},
		unasked: true,
		parse: func(h heard, s *Service) verdict {
			line, ok := firstLine(h.data)
			if !ok {
				return prefixOf(h.data, "+OK")
			}
			stamp := strings.Contains(line, "<") && strings.Contains(line, "@") && strings.HasSuffix(strings.TrimSpace(line), ">") // APOP
			if !strings.HasPrefix(line, "+OK") || !contains(line, "POP") && !stamp {
				return no
			}
			takeKnown(s, line, "greeting", mailboxPrograms())
			return yes
		},
		follow: func(t *talk, s *Service) {
			followPOP3(t, s, t.ask([]byte("CAPA\r\n"), wholeList))
		},
	}
}

// pop3ByList asks a server that greeted with "+OK" for its capabilities.
func pop3ByList() *protocol {
	return &protocol{
		name: "pop3", spec: "RFC 2449 section 5", same: true,
		request: func(question) []byte { return []byte("CAPA\r\n") },
		parse: func(h heard, s *Service) verdict {
			if !bytes.HasPrefix(h.data, []byte("+OK")) {
				return prefixOf(h.data, "+OK")
			}
			if !wholeList(h.data) {
				return partial
			}
			text := string(h.data)
			return yesIf(strings.Contains(text, "\nUIDL") || strings.Contains(text, "\nUSER") || strings.Contains(text, "\nSASL") || strings.Contains(text, "\nTOP"))
		},
		complaint: func(in []byte) bool { return bytes.HasPrefix(in, []byte("+OK")) },
		follow: func(t *talk, s *Service) {
			takeKnown(s, string(t.p.greeting), "greeting", mailboxPrograms())
			followPOP3(t, s, t.got)
		},
	}
}

// wholeList reports that an answer of several lines has ended with a dot, or
// that there is none.
func wholeList(in []byte) bool {
	return bytes.HasSuffix(in, []byte("\n.\r\n")) || bytes.HasPrefix(in, []byte("-ERR")) && bytes.HasSuffix(in, []byte("\n"))
}

func followPOP3(t *talk, s *Service, list []byte) {
	for line := range strings.Lines(string(list)) {
		line = strings.TrimSpace(line)
		if words, ok := strings.CutPrefix(line, "IMPLEMENTATION "); ok {
			if !takeKnown(s, words, "IMPLEMENTATION", mailboxPrograms()) {
				s.Product, s.Version, _ = serverProduct(strings.ReplaceAll(words, "-", " "))
				s.Evidence.Product = "IMPLEMENTATION"
			}
		}
		if line == "STLS" {
			t.startTLS(s, []byte("STLS\r\n"), func(in []byte) bool { return bytes.HasPrefix(in, []byte("+OK")) })
		}
	}
	t.say([]byte("QUIT\r\n"))
}

// managesieve edits mail filters (RFC 5804 section 1.3): capabilities in quotes,
// then OK.
func managesieve() *protocol {
	return &protocol{
		name: "managesieve", spec: "RFC 5804 section 1.3", tcp: []uint16{4190}, unasked: true,
		parse: func(h heard, s *Service) verdict {
			text := string(h.data)
			if !strings.HasPrefix(text, `"IMPLEMENTATION" "`) {
				return prefixOf(h.data, `"IMPLEMENTATION" "`)
			}
			if !strings.Contains(text, "\nOK") || !strings.HasSuffix(text, "\n") {
				return partial
			}
			name, _, _ := strings.Cut(text[len(`"IMPLEMENTATION" "`):], `"`)
			s.Product, s.Evidence.Product = printable(name), "IMPLEMENTATION"
			if i := versionWord(s.Product); i > 0 {
				s.Product, s.Version = strings.TrimSpace(s.Product[:i]), cleanVersion(s.Product[i:])
			}
			s.StartTLS = strings.Contains(text, "\n\"STARTTLS\"")
			return yesIf(strings.Contains(text, "SIEVE"))
		},
		follow: func(t *talk, _ *Service) { t.say([]byte("LOGOUT\r\n")) },
	}
}
