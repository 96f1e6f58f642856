package main

func mailServers() []verifyServer {
	return []verifyServer{
		{name: "exim", pkg: "exim4-daemon-light", port: 25, service: "smtp", product: "Exim", version: packaged, script: exim("")},
		{name: "exim over TLS", pkg: "exim4-daemon-light", port: 465, service: "smtp", product: "Exim", version: packaged, tls: true, script: exim("tls_on_connect_ports = $P")},
		{name: "dovecot imap", pkg: "dovecot-imapd", port: 143, service: "imap", product: "Dovecot", script: dovecot("imap", "imap", "no")},
		{name: "dovecot imaps", pkg: "dovecot-imapd", port: 993, service: "imap", product: "Dovecot", tls: true, script: dovecot("imap", "imap", "yes")},
		{name: "dovecot pop3", pkg: "dovecot-pop3d", port: 110, service: "pop3", product: "Dovecot", script: dovecot("pop3", "pop3", "no")},
		{name: "dovecot pop3s", pkg: "dovecot-pop3d", port: 995, service: "pop3", product: "Dovecot", tls: true, script: dovecot("pop3", "pop3", "yes")},
		{name: "dovecot sieve", pkg: "dovecot-managesieved", port: 4190, service: "managesieve", product: "Dovecot", script: dovecot("sieve", "managesieve", "no")},
		{name: "courier pop3", pkg: "courier-pop", port: 110, service: "pop3", product: "Courier",
			script: `mkdir -p /run/courier; exec couriertcpd -address=$A -maxprocs=5 -nodnslookup -noidentlookup $P /usr/lib/courier/courier/courierpop3login /usr/lib/courier/courier/courierpop3d Maildir`},
		{name: "opendkim", pkg: "opendkim", port: 8891, service: "milter", script: `printf "Socket inet:$P@$A\nMode v\nUserID root\nBackground no\nPidFile $D/pid\n" >$D/c; exec opendkim -f -x $D/c`},
	}
}

func dovecot(protocol, login, ssl string) string {
	return `cat >$D/c <<EOF
protocols = ` + protocol + `
log_path = $D/log
base_dir = $D/b
state_dir = $D/s
ssl = yes
ssl_cert = <$CERT
ssl_key = <$KEY
listen = $A
passdb {
  driver = static
  args = password=x
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$D
}
service ` + login + `-login {
  inet_listener ` + protocol + ` {
    port = $P
    ssl = ` + ssl + `
  }
  inet_listener ` + protocol + `s {
    port = 0
  }
}
EOF
mkdir $D/b $D/s; chmod 755 $D; exec dovecot -F -c $D/c`
}

func exim(more string) string {
	return `cat >$D/c <<EOF
primary_hostname = mail.example
spool_directory = $D
log_file_path = $D/log-%slog
local_interfaces = $A
daemon_smtp_ports = $P
tls_advertise_hosts = *
tls_certificate = $PEM
` + more + `
EOF
chmod 644 $D/c; cp $PEM $D/pem; sed -i "s|$PEM|$D/pem|" $D/c; chown -R Debian-exim $D; chown root $D/c
exec /usr/sbin/exim4 -bdf -C $D/c -oP $D/pid`
}
