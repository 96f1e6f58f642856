package remark

import (
	"slices"
	"strings"

	"porthole/internal/record"
)

// expected returns the protocols that the number of r stands for, and whether it
// stands for TLS around them. It is not known for a number that several programs
// use, or whose protocol cannot be proved.
func expected(r *record.Record) (protocols []string, tls, known bool) {
	name := numberName(r)
	if name == "" {
		return nil, false, false
	}
	for _, e := range expectations() {
		if !has(e.services, name) || e.udp && r.Proto != "udp" {
			continue
		}
		return strings.Fields(e.protocols), e.tls, true
	}
	return nil, false, false
}

// numberName is the service that the number of r stands for, whoever holds the port.
func numberName(r *record.Record) string {
	switch {
	case r.Commonly != "":
		return r.Commonly
	case r.ServiceBy == record.ByHolder || r.Service == "":
		return r.IANA
	}
	return r.Service
}

// expectation is what services of the registry speak.
type expectation struct {
	services  string // by the names of the registry, separated by blanks
	protocols string // by the names of scanner/verify
	tls       bool
	udp       bool // over UDP alone
}

func expectations() []expectation {
	return []expectation{
		{services: "http http-alt http-mgmt docker etcd-client elasticsearch kibana prometheus alertmanager pushgateway vault nomad ollama " +
			"couchdb influxdb solr jupyter rabbitmq-mgmt webmin netdata jaeger kubelet-ro winrm wsdapi squid privoxy appserv-http node-exporter", protocols: "http ipp"},
		{services: "consul", protocols: "http dns"},
		{services: "https docker-s kube-apiserver kubelet winrms", protocols: "http ipp", tls: true},
		{services: "https-alt", protocols: "http ipp"}, // plain as often
		{services: "ipp", protocols: "ipp http"},
		{services: "ssh", protocols: "ssh"},
		{services: "smtp submission", protocols: "smtp lmtp"},
		{services: "submissions", protocols: "smtp", tls: true},
		{services: "ftp", protocols: "ftp"},
		{services: "ftps", protocols: "ftp", tls: true},
		{services: "nntp", protocols: "nntp"},
		{services: "nntps", protocols: "nntp", tls: true},
		{services: "imap", protocols: "imap"},
		{services: "imaps", protocols: "imap", tls: true},
		{services: "pop3", protocols: "pop3"},
		{services: "pop3s", protocols: "pop3", tls: true},
		{services: "sieve", protocols: "managesieve"},
		{services: "telnet", protocols: "telnet"},
		{services: "mysql", protocols: "mysql"},
		{services: "postgresql", protocols: "postgresql"},
		{services: "redis", protocols: "redis"},
		{services: "memcached", protocols: "memcached"},
		{services: "mongodb", protocols: "mongodb http"},
		{services: "ms-sql-s", protocols: "mssql"},
		{services: "oracle", protocols: "oracle-tns"},
		{services: "cassandra", protocols: "cassandra"},
		{services: "kafka", protocols: "kafka"},
		{services: "amqp", protocols: "amqp"},
		{services: "amqps", protocols: "amqp", tls: true},
		{services: "mqtt", protocols: "mqtt"},
		{services: "mqtts", protocols: "mqtt http", tls: true},
		{services: "nats", protocols: "nats"},
		{services: "stomp", protocols: "stomp"},
		{services: "zookeeper", protocols: "zookeeper"},
		{services: "ldap", protocols: "ldap"},
		{services: "ldaps", protocols: "ldap", tls: true},
		{services: "smb netbios-ssn", protocols: "smb"},
		{services: "rdp", protocols: "rdp"},
		{services: "vnc", protocols: "vnc"},
		{services: "x11", protocols: "x11"},
		{services: "domain", protocols: "dns"},
		{services: "mdns", protocols: "mdns dns"},
		{services: "kerberos", protocols: "kerberos"},
		{services: "rsync", protocols: "rsync"},
		{services: "svn", protocols: "svn"},
		{services: "git", protocols: "git"},
		{services: "ircd", protocols: "irc"},
		{services: "ircs-u", protocols: "irc", tls: true},
		{services: "xmpp-client xmpp-server", protocols: "xmpp"},
		{services: "sip", protocols: "sip"},
		{services: "sips", protocols: "sip", tls: true},
		{services: "rtsp rtsp-alt", protocols: "rtsp"},
		{services: "socks", protocols: "socks5 socks4"},
		{services: "epmd", protocols: "epmd"},
		{services: "zabbix-agent", protocols: "zabbix-agent"},
		{services: "gearman", protocols: "gearman"},
		{services: "echo", protocols: "echo"},
		{services: "daytime", protocols: "daytime"},
		{services: "time", protocols: "time"},
		{services: "chargen", protocols: "chargen"},
		{services: "finger", protocols: "finger"},
		{services: "lpd discard", protocols: ""}, // they answer nothing
		{services: "ntp", protocols: "ntp", udp: true},
		{services: "snmp", protocols: "snmp", udp: true},
		{services: "tftp", protocols: "tftp", udp: true},
		{services: "isakmp", protocols: "isakmp", udp: true},
	}
}

// spokenBy returns the protocols that a program speaks, by one of its names in
// package program, if it is known to speak no others; nil if that is not known.
func spokenBy(program string) []string {
	for _, s := range []struct{ programs, protocols string }{
		{"tinysshd", "ssh"}, // sshd and dropbear hold the ports that they forward
		{"exim sendmail sendmail-mta opensmtpd smtpd", "smtp lmtp"},
		{"imap-login pop3-login", "imap pop3"},
		{"vsftpd proftpd pure-ftpd", "ftp"},
		{"mysqld mariadbd", "mysql"},
		{"postgres postmaster", "postgresql"},
		{"pgbouncer", "postgresql"},
		{"redis-server redis-sentinel redis-check-rdb valkey-server keydb-server", "redis"},
		{"memcached", "memcached"},
		{"mongod mongos", "mongodb http"},
		{"slapd ns-slapd", "ldap http"},
		{"smbd", "smb msrpc"},
		{"named nsd knotd", "dns http"},
		{"dnsmasq", "dns tftp"},
		{"rpcbind", "rpcbind rpc"},
		{"krb5kdc", "kerberos"},
		{"chronyd", "ntp chrony"},
		{"ntpd", "ntp"},
		{"snmpd", "snmp"},
		{"xrdp", "rdp"},
		{"xorg xvfb xwayland xnest", "x11"},
		{"xtigervnc xvnc x11vnc", "vnc x11 http"},
		{"rsync", "rsync"},
		{"svnserve", "svn"},
		{"cupsd", "ipp http"},
		{"telnetd in.telnetd", "telnet"},
		{"epmd", "epmd"},
	} {
		if has(s.programs, program) {
			return strings.Fields(s.protocols)
		}
	}
	return nil
}

// has reports whether a list, separated by blanks, has a word.
func has(list, word string) bool {
	return strings.Contains(list, word) && slices.Contains(strings.Fields(list), word)
}
