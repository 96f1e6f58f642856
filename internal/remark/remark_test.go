package remark

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
)

func now() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

// of returns the remarks on r, a line each.
func of(r record.Record) string {
	var lines []string
	for _, m := range (Options{Now: now(), Expiry: DefaultExpiry}).Of(&r) {
		lines = append(lines, m.Rule+": "+m.Text)
	}
	return strings.Join(lines, "\n")
}

// answer is a port of a service that answered with a protocol.
func answer(service, protocol string, change ...func(*record.Record)) record.Record {
	r := record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: 1000, Service: service,
		Verified: &record.Verified{Outcome: record.OutcomeIdentified, Service: protocol, Transport: "plain", Evidence: "greeting"}}
	if protocol == "" {
		r.Verified.Outcome = record.OutcomeUnidentified
	}
	for _, c := range change {
		c(&r)
	}
	return r
}

func firstBytes(text string) func(*record.Record) {
	return func(r *record.Record) { r.Verified.FirstBytes = text }
}

func inTLS(t record.TLS) func(*record.Record) {
	return func(r *record.Record) { r.Verified.Transport, r.Verified.TLS = "tls", &t }
}

func heldBy(names ...string) func(*record.Record) {
	return func(r *record.Record) {
		var list []record.Process
		for _, n := range names {
			list = append(list, record.Process{Exe: "/usr/sbin/" + n})
		}
		r.Processes = &list
	}
}

// until is a certificate that ends after so many days.
func until(days int, change ...func(*record.TLS)) record.TLS {
	t := record.TLS{Version: "1.3", Subject: "CN=a", Issuer: "CN=b", Key: "ecdsa-256", Signature: "ECDSA-SHA256",
		NotBefore: new(now().AddDate(-1, 0, 0)), NotAfter: new(now().AddDate(0, 0, days).Add(time.Hour))}
	for _, c := range change {
		c(&t)
	}
	return t
}

func TestRemarks(t *testing.T) {
	withoutCredentials := func(asked string) func(*record.Record) {
		return func(r *record.Record) { r.Verified.WithoutCredentials, r.Verified.Asked = true, asked }
	}
	startTLS := func(r *record.Record) { r.Verified.StartTLS = true }
	for _, test := range []struct {
		name string
		r    record.Record
		want string
	}{
		{"as registered", answer("ssh", "ssh"), ""},
		{"mDNS as registered", answer("mdns", "mdns"), ""},
		{"DNS of Consul", answer("consul", "dns"), ""},
		{"not verified", record.Record{Service: "ssh"}, ""},
		{"another protocol", answer("https", "ssh"), "number-mismatch: ssh answers on the number of https"},
		{"a number that many use", answer("minio", "ssh"), ""},
		{"a number of nothing", answer("", "ssh"), ""},
		{"nothing proved", answer("ssh", ""), ""},
		{"a printer that speaks", answer("lpd", "http"), "number-mismatch: http answers on the number of lpd"},
		{"TLS around what cannot be told", answer("ssh", "tls", inTLS(until(100))), ""},
		{"TLS where none is registered", answer("http", "http", inTLS(until(100))), ""},
		{"plain where TLS is registered", answer("imaps", "imap", startTLS), "tls-missing: plaintext, where imaps stands for TLS"},
		{"plain without a way to TLS", answer("imap", "imap"), "starttls-missing: no STARTTLS"},
		{"mail without a way to TLS", answer("smtp", "smtp", firstBytes(`220 mail.example ESMTP\r\n`)), "starttls-missing: no STARTTLS"},
		{"mail that refuses", answer("smtp", "smtp", firstBytes(`554 mail.example ESMTP\r\n`)), ""},
		{"mail that was talked to early", answer("smtp", "smtp", firstBytes(`220 mail.example\r\n500 5.5.2 Er`)), ""},
		{"a directory that tells nothing", answer("ldap", "ldap"), ""},
		{"a directory without a way to TLS", answer("ldap", "ldap", func(r *record.Record) { r.Verified.Product = "OpenLDAP" }), "starttls-missing: no STARTTLS"},
		{"with a way to TLS", answer("imap", "imap", startTLS), ""},
		{"plain, and no way to TLS", answer("imaps", "imap"), "tls-missing: plaintext, where imaps stands for TLS"},
		{"its program", answer("ssh", "ssh", heldBy("sshd")), ""},
		{"another program", answer("mysql", "http", heldBy("mariadbd")), "process-mismatch: http answers, but mariadbd holds the port\nnumber-mismatch: http answers on the number of mysql"},
		{"a port that ssh -R forwards", answer("", "http", heldBy("sshd")), ""},
		{"by the number, whatever the holder", answer("redis", "http", func(r *record.Record) { r.ServiceBy, r.IANA = record.ByHolder, "https" }), "tls-missing: plaintext, where https stands for TLS"},
		{"by the number, with a holder of its own", answer("", "http", func(r *record.Record) { r.IANA = "postgresql" }), "number-mismatch: http answers on the number of postgresql"},
		{"a common number", answer("redis", "redis", func(r *record.Record) { r.ServiceBy, r.Commonly = record.ByHolder, "prometheus" }), "number-mismatch: redis answers on the number of prometheus"},
		{"by another name of the program", answer("", "http", func(r *record.Record) {
			r.Processes = &[]record.Process{{Exe: "/usr/bin/redis-check-rdb", Cmdline: []string{"/usr/bin/redis-server *:6379"}}}
		}), "process-mismatch: http answers, but redis-server holds the port"},
		{"a proxy", answer("ssh", "ssh", heldBy("haproxy")), ""},
		{"TLS behind its program", answer("", "tls", heldBy("sshd"), inTLS(until(100))), ""},
		{"for strangers, from loopback", answer("redis", "redis", withoutCredentials("127.0.0.1:6379")), "no-credentials: answers without credentials from here, at 127.0.0.1"},
		{"for strangers", answer("redis", "redis", withoutCredentials("198.18.0.7:6379")), "no-credentials: answers without credentials from here, at 198.18.0.7"},
		{"for strangers, in a scan", answer("redis", "redis", withoutCredentials("")), "no-credentials: answers without credentials"},
		{"expired", answer("https", "http", inTLS(until(-2))), "cert-expired: certificate expired on 2026-11-21"},
		{"ends soon", answer("https", "http", inTLS(until(20))), "cert-expires: certificate expires on 2026-12-13, in 20 days"},
		{"ends tomorrow", answer("https", "http", inTLS(until(1))), "cert-expires: certificate expires on 2026-11-24, in 1 day"},
		{"ends today", answer("https", "http", inTLS(until(0))), "cert-expires: certificate expires on 2026-11-23, in less than a day"},
		{"ends later", answer("https", "http", inTLS(until(31))), ""},
		{"not valid yet", answer("https", "http", inTLS(until(400, func(t *record.TLS) { t.NotBefore = new(now().AddDate(0, 0, 2)) }))), "cert-not-yet: certificate is valid from 2026-11-25 only"},
		{"a short key", answer("https", "http", inTLS(until(100, func(t *record.TLS) { t.Key = "rsa-1024" }))), "cert-weak: certificate has a key of 1024 bits"},
		{"an old signature", answer("https", "http", inTLS(until(100, func(t *record.TLS) { t.Signature = "SHA1-RSA" }))), "cert-weak: certificate is signed with SHA1-RSA"},
		{"self-signed", answer("https", "http", inTLS(until(100, func(t *record.TLS) { t.SelfSigned, t.Signature = true, "SHA1-RSA" }))), "cert-self-signed: certificate is self-signed"},
		{"another name", answer("https", "http", inTLS(until(100, func(t *record.TLS) { t.WrongName = true }))), "cert-name: certificate is for another name"},
		{"old TLS, too", answer("https", "http", inTLS(until(100, func(t *record.TLS) { t.Old = "1.1" }))), "tls-old: TLS 1.1 is accepted"},
		{"old TLS alone", answer("https", "http", inTLS(until(100, func(t *record.TLS) { t.Version = "1.0" }))), "tls-old: TLS 1.0 at most"},
		{"a handshake without a certificate", answer("https", "tls", inTLS(record.TLS{Alert: "unrecognized name"})), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, of(test.r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestDebugger holds which arguments open which port.
func TestDebugger(t *testing.T) {
	for _, test := range []struct {
		arg  string
		port uint16
		want bool
	}{
		{"-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=*:5005", 5005, true},
		{"-agentlib:jdwp=transport=dt_socket,server=y,address=5005", 5005, true},
		{"-Xrunjdwp:transport=dt_socket,address=127.0.0.1:8000,server=y", 8000, true},
		{"-agentlib:jdwp=transport=dt_socket,address=*:5005", 505, false},
		{"-agentlib:jdwp=transport=dt_socket,address=*:15005", 5005, false},
		{"--inspect", 9229, true},
		{"--inspect", 9230, false},
		{"--inspect=0.0.0.0", 9229, true},
		{"--inspect=0.0.0.0:9300", 9300, true},
		{"--inspect-brk=9300", 9300, true},
		{"--inspect=9300", 9229, false},
		{"--inspector", 9229, false},
		{"", 9229, false},
	} {
		r := record.Record{Port: test.port, Processes: &[]record.Process{{Name: "java", Cmdline: []string{"java", test.arg}}}}
		if got := DebuggerOf(&r) != ""; got != test.want {
			t.Errorf("%q opens %d: %v", test.arg, test.port, got)
		}
	}
}

// TestExpectedOnce holds that no service stands twice.
func TestExpectedOnce(t *testing.T) {
	seen := make(map[string]bool)
	for _, e := range expectations() {
		for name := range strings.FieldsSeq(e.services) {
			if seen[name] {
				t.Errorf("%s stands twice", name)
			}
			seen[name] = true
		}
	}
}
