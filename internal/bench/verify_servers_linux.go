package main

// verifyServer is a real server to be recognised, from a Debian package.
type verifyServer struct {
	name string // of the case; unique
	pkg  string // the Debian package
	port int    // its usual number

	service string // the truth, in porthole's word
	product string // a word of the product's name, in any case; "" where it does not say
	version string // what it must say of the version; "pkg" for that of the package, "" where it does not say

	udp bool
	tls bool // the port begins with TLS

	fixed bool // it listens on no other number

	// script starts it in the foreground, by sh: $A is the address, $P the port,
	// $D a folder of its own, $KEY and $CERT a key and its certificate, $PEM both
	// in one file. It ends with its group of processes.
	script string
}

// packaged is the version of a server that says the one of its package.
const packaged = "pkg"

// verifyServers are the servers, by kind. Each is started twice: on its usual
// number and on another.
func verifyServers() []verifyServer {
	var list []verifyServer
	for _, kind := range [][]verifyServer{verifyLogin(), verifyMail(), verifyStores(), verifyWeb(), verifyGoWeb(), verifyTalk(), verifySmall(), verifyDatagrams(), verifyMore(), verifyWide(), verifyMoreGo()} {
		list = append(list, kind...)
	}
	return list
}

// asUser is a function of the scripts: it runs a command as a user of the
// package, who gets the folder.
const asUser = `as() { u=$1; shift; chown -R $u $D; exec setpriv --reuid=$u --regid=$(id -g $u) --init-groups "$@"; }
`

func verifyLogin() []verifyServer {
	return []verifyServer{
		{name: "sshd", pkg: "openssh-server", port: 22, service: "ssh", product: "OpenSSH", version: packaged,
			script: `mkdir -p /run/sshd; ssh-keygen -q -t ed25519 -N '' -f $D/k
exec /usr/sbin/sshd -D -e -f /dev/null -h $D/k -p $P -o ListenAddress=$A -o PidFile=none`},
		{name: "dropbear", pkg: "dropbear-bin", port: 2222, service: "ssh", product: "dropbear", version: packaged,
			script: `dropbearkey -t ed25519 -f $D/k >/dev/null; exec dropbear -F -E -r $D/k -p $A:$P -P $D/pid`},
		{name: "telnetd", pkg: "inetutils-telnetd", port: 23, service: "telnet", script: xinetd("telnet", "stream", "server = /usr/sbin/telnetd")},
		{name: "vsftpd", pkg: "vsftpd", port: 21, service: "ftp", product: "vsftpd", version: packaged,
			script: `mkdir -p /var/run/vsftpd/empty
printf "listen=YES\nlisten_address=$A\nlisten_port=$P\nbackground=NO\nanonymous_enable=NO\nlocal_enable=YES\n" >$D/c
exec vsftpd $D/c`},
		{name: "rsync", pkg: "rsync", port: 873, service: "rsync",
			script: `printf "use chroot = no\n[m]\npath=$D\n" >$D/c; exec rsync --daemon --no-detach --config=$D/c --port=$P --address=$A`},
		{name: "svnserve", pkg: "subversion", port: 3690, service: "svn", script: `exec svnserve -d --foreground -r $D --listen-port $P --listen-host $A`},
		{name: "git daemon", pkg: "git", port: 9418, service: "git", script: `exec git daemon --listen=$A --port=$P --base-path=$D --export-all`},
		{name: "Xtigervnc", pkg: "tigervnc-standalone-server", port: 5901, service: "vnc",
			script: `exec Xtigervnc :$((P % 1000 + 100)) -rfbport $P -interface $A -SecurityTypes None -nolock`},
		{name: "Xvfb", pkg: "xvfb", port: 6003, service: "x11", script: `exec Xvfb :$((P - 6000)) -listen tcp -nolisten unix -nolisten local -nolock`},
		{name: "xrdp", pkg: "xrdp", port: 3389, service: "rdp",
			script: `sed "s|^port=.*|port=tcp://$A:$P|;s|^certificate=.*|certificate=$CERT|;s|^key_file=.*|key_file=$KEY|;s|^fork=.*|fork=false|" /etc/xrdp/xrdp.ini >$D/xrdp.ini
exec /usr/sbin/xrdp --nodaemon --config $D/xrdp.ini`},
		{name: "microsocks", pkg: "microsocks", port: 1080, service: "socks5", script: `exec microsocks -i $A -p $P`},
		{name: "danted", pkg: "dante-server", port: 1080, service: "socks5",
			script: `cat >$D/c <<EOF
internal: $A port = $P
external: $A
socksmethod: username
user.privileged: root
user.unprivileged: nobody
client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }
EOF
exec danted -f $D/c -p $D/pid`},
		{name: "tor socks", pkg: "tor", port: 9050, service: "socks5",
			script: `mkdir -m 700 $D/d; : >$D/rc; exec tor --DataDirectory $D/d --SocksPort $A:$P --DisableNetwork 0 --hush -f $D/rc`},
		{name: "tor control", pkg: "tor", port: 9051, service: "tor-control", product: "Tor", version: packaged,
			script: `mkdir -m 700 $D/d; : >$D/rc; exec tor --DataDirectory $D/d --SocksPort 0 --ControlPort $A:$P --CookieAuthentication 1 --DisableNetwork 1 --hush -f $D/rc`},
		{name: "openvpn tcp", pkg: "openvpn", port: 1194, service: "openvpn", script: openvpnServer("tcp-server")},
	}
}

func openvpnServer(proto string) string {
	return `exec openvpn --mode server --tls-server --proto ` + proto + ` --local $A --port $P --dev tun --ifconfig 10.8.0.1 10.8.0.2 --ca $CERT --cert $CERT --key $KEY --dh none --topology p2p --data-ciphers AES-256-GCM`
}

// xinetd runs one service of xinetd.
func xinetd(service, kind, more string) string {
	return `cat >$D/c <<EOF
service ` + service + `
{
 type = UNLISTED ` + map[bool]string{true: "INTERNAL"}[more == ""] + `
 id = x
 socket_type = ` + kind + `
 protocol = ` + map[string]string{"stream": "tcp", "dgram": "udp"}[kind] + `
 user = root
 wait = ` + map[string]string{"stream": "no", "dgram": "yes"}[kind] + `
 port = $P
 bind = $A
 disable = no
 ` + more + `
}
EOF
exec xinetd -dontfork -f $D/c -pidfile $D/pid`
}

func verifyMail() []verifyServer {
	return []verifyServer{
		{name: "exim", pkg: "exim4-daemon-light", port: 25, service: "smtp", product: "Exim", version: packaged, script: exim("")},
		{name: "exim over TLS", pkg: "exim4-daemon-light", port: 465, service: "smtp", product: "Exim", version: packaged, tls: true, script: exim("tls_on_connect_ports = $P")},
		{name: "dovecot imap", pkg: "dovecot-imapd", port: 143, service: "imap", product: "Dovecot", script: dovecot("imap", "imap", "no")},
		{name: "dovecot imaps", pkg: "dovecot-imapd", port: 993, service: "imap", product: "Dovecot", tls: true, script: dovecot("imap", "imap", "yes")},
		{name: "dovecot pop3", pkg: "dovecot-pop3d", port: 110, service: "pop3", product: "Dovecot", script: dovecot("pop3", "pop3", "no")},
		{name: "dovecot pop3s", pkg: "dovecot-pop3d", port: 995, service: "pop3", product: "Dovecot", tls: true, script: dovecot("pop3", "pop3", "yes")},
		{name: "dovecot sieve", pkg: "dovecot-managesieved", port: 4190, service: "managesieve", product: "Dovecot", script: dovecot("sieve", "managesieve", "no")},
	}
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

func verifyStores() []verifyServer {
	return []verifyServer{
		{name: "redis", pkg: "redis-server", port: 6379, service: "redis", product: "Redis", version: packaged,
			script: `exec redis-server --port $P --bind $A --dir $D --save "" --protected-mode no`},
		{name: "redis with password", pkg: "redis-server", port: 6379, service: "redis",
			script: `exec redis-server --port $P --bind $A --dir $D --save "" --requirepass secret`},
		{name: "memcached", pkg: "memcached", port: 11211, service: "memcached", product: "memcached", version: packaged, script: `exec memcached -u nobody -l $A -p $P -U 0`},
		{name: "mariadb", pkg: "mariadb-server", port: 3306, service: "mysql", product: "MariaDB", version: packaged,
			script: asUser + `chmod 755 $D; chown mysql $D; setpriv --reuid=mysql --regid=mysql --clear-groups mariadb-install-db --no-defaults --datadir=$D/d --auth-root-authentication-method=normal >/dev/null 2>&1
echo "CREATE USER porthole@'%';" >$D/init
as mysql mariadbd --no-defaults --datadir=$D/d --bind-address=$A --port=$P --socket=$D/s --init-file=$D/init --innodb-buffer-pool-size=8M --skip-name-resolve`},
		{name: "postgresql", pkg: "postgresql-15", port: 5432, service: "postgresql", product: "PostgreSQL", script: postgres("")},
		{name: "postgresql with TLS", pkg: "postgresql-15", port: 5432, service: "postgresql", product: "PostgreSQL",
			script: postgres("cp $CERT $D/crt; cp $KEY $D/key; chmod 600 $D/key; chown postgres $D/crt $D/key; more='-c ssl=on -c ssl_cert_file='$D'/crt -c ssl_key_file='$D/key\n")},
		{name: "pgbouncer", pkg: "pgbouncer", port: 6432, service: "postgresql",
			script: asUser + `printf "[databases]\nx=host=127.0.0.1\n[pgbouncer]\nlisten_addr=$A\nlisten_port=$P\nauth_type=any\nunix_socket_dir=\nlogfile=$D/log\n" >$D/c; as postgres pgbouncer $D/c`},
		{name: "tarantool", pkg: "tarantool", port: 3301, service: "tarantool", product: "Tarantool", version: packaged,
			script: `cd $D; echo "box.cfg{listen='$A:$P', wal_mode='none'}" >c.lua; exec tarantool c.lua`},
		{name: "slapd", pkg: "slapd", port: 389, service: "ldap", product: "OpenLDAP", script: slapd("ldap")},
		{name: "slapd over TLS", pkg: "slapd", port: 636, service: "ldap", product: "OpenLDAP", tls: true, script: slapd("ldaps")},
		{name: "smbd", pkg: "samba", port: 445, service: "smb",
			script: `cat >$D/c <<EOF
[global]
interfaces = $A
bind interfaces only = yes
smb ports = $P
private dir = $D
lock directory = $D
state directory = $D
cache directory = $D
pid directory = $D
ncalrpc dir = $D/n
log file = $D/log
EOF
tail -f /dev/null | exec smbd -F --no-process-group --configfile=$D/c`},
		{name: "zookeeper", pkg: "zookeeper", port: 2181, service: "zookeeper", product: "ZooKeeper", version: packaged,
			script: `printf "dataDir=$D/d\nclientPort=$P\nclientPortAddress=$A\nadmin.enableServer=false\n" >$D/c
exec java -Xmx64m -cp "/usr/share/java/zookeeper.jar:/usr/share/java/*" org.apache.zookeeper.server.quorum.QuorumPeerMain $D/c`},
		{name: "beanstalkd", pkg: "beanstalkd", port: 11300, service: "beanstalkd", product: "beanstalkd", version: packaged, script: `exec beanstalkd -l $A -p $P`},
		{name: "gearmand", pkg: "gearman-job-server", port: 4730, service: "gearman", product: "Gearman", version: packaged,
			script: `exec gearmand --listen=$A --port=$P --log-file=stderr`},
		{name: "nbd-server", pkg: "nbd-server", port: 10809, service: "nbd",
			script: `truncate -s 1M $D/i; printf "[generic]\nlistenaddr=$A\nport=$P\n[x]\nexportname=$D/i\n" >$D/c; exec nbd-server -d -C $D/c`},
	}
}

func postgres(prepare string) string {
	return asUser + `chown postgres $D; B=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
setpriv --reuid=postgres --regid=postgres --clear-groups $B/initdb -D $D/d >/dev/null
` + prepare + `as postgres $B/postgres -D $D/d -c listen_addresses=$A -c port=$P -c unix_socket_directories= $more`
}

func slapd(scheme string) string {
	return `mkdir $D/db; cat >$D/c <<EOF
include /etc/ldap/schema/core.schema
pidfile $D/pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCertificateFile $CERT
TLSCertificateKeyFile $KEY
database mdb
suffix "dc=example"
directory $D/db
EOF
exec slapd -d 0 -f $D/c -h ` + scheme + `://$A:$P/`
}

func verifyTalk() []verifyServer {
	return []verifyServer{
		{name: "ngircd", pkg: "ngircd", port: 6667, service: "irc",
			script: `printf "[Global]\nName=irc.example\nInfo=x\nListen=$A\nPorts=$P\nServerUID=nobody\nMotdPhrase=x\n[Options]\nPAM=no\nIdent=no\nDNS=no\n" >$D/c; exec ngircd -n -f $D/c`},
		{name: "inspircd", pkg: "inspircd", port: 6667, service: "irc",
			script: `cat >$D/c <<EOF
<server name="irc.example" description="x" network="x" id="97K">
<admin name="x" nick="x" email="x">
<bind address="$A" port="$P" type="clients">
<connect allow="*" timeout="60" flood="20" threshold="1" pingfreq="120" sendq="262144" recvq="8192" localmax="100" globalmax="100">
<files motd="$D/c" rules="$D/c">
<pid file="$D/pid">
<path configdir="$D" datadir="$D" logdir="$D" moduledir="$(dirname $(dpkg -L inspircd | grep core_dns.so))">
EOF
exec inspircd --nofork --runasroot --config $D/c`},
		{name: "prosody", pkg: "prosody", port: 5222, service: "xmpp",
			script: asUser + `cat >$D/c.cfg.lua <<EOF
interfaces = { "$A" }
c2s_ports = { $P }
modules_disabled = { "s2s" }
modules_enabled = { "saslauth", "tls" }
data_path = "$D"
pidfile = "$D/pid"
certificates = "$D"
log = { error = "$D/log" }
VirtualHost "chat.example"
EOF
as prosody prosody -F --config $D/c.cfg.lua`},
		{name: "ejabberd", pkg: "ejabberd", port: 5222, service: "xmpp",
			script: asUser + `cat >$D/c.yml <<EOF
hosts: [chat.example]
listen:
  - port: $P
    ip: "$A"
    module: ejabberd_c2s
modules:
  mod_roster: {}
EOF
: >$D/ctl; export HOME=$D ERL_EPMD_ADDRESS=$A ERL_EPMD_PORT=$((P % 1000 + 4500))
as ejabberd ejabberdctl --node e$P@localhost --ctl-config $D/ctl --config $D/c.yml --logs $D --spool $D foreground`},
		{name: "kamailio", pkg: "kamailio", port: 5060, service: "sip", product: "kamailio", version: packaged, script: kamailio("tcp")},
		{name: "coturn", pkg: "coturn", port: 3478, service: "stun", product: "Coturn", version: packaged,
			script: `exec turnserver -n --listening-ip=$A --listening-port=$P --no-udp --no-cli --db $D/db --log-file stdout --pidfile $D/pid`},
		{name: "mosquitto", pkg: "mosquitto", port: 1883, service: "mqtt", product: "mosquitto", version: packaged,
			script: `printf "listener $P $A\nallow_anonymous true\n" >$D/c; exec mosquitto -c $D/c`},
		{name: "mosquitto over TLS, with passwords", pkg: "mosquitto", port: 8883, service: "mqtt", tls: true,
			script: `cp $CERT $D/crt; cp $KEY $D/key; printf "listener $P $A\ncertfile $D/crt\nkeyfile $D/key\nallow_anonymous false\n" >$D/c; chmod -R a+rX $D; exec mosquitto -c $D/c`},
		{name: "nats-server", pkg: "nats-server", port: 4222, service: "nats", product: "NATS", version: packaged, script: `exec nats-server -a $A -p $P`},
		{name: "rabbitmq", pkg: "rabbitmq-server", port: 5672, service: "amqp", product: "RabbitMQ", version: packaged,
			script: `export HOME=$D RABBITMQ_NODENAME=r$P@localhost RABBITMQ_NODE_IP_ADDRESS=$A RABBITMQ_NODE_PORT=$P RABBITMQ_DIST_PORT=$((P + 1000)) RABBITMQ_MNESIA_BASE=$D/m RABBITMQ_LOG_BASE=$D/l RABBITMQ_PID_FILE=$D/pid RABBITMQ_ENABLED_PLUGINS_FILE=$D/p
export ERL_EPMD_ADDRESS=$A ERL_EPMD_PORT=$((P % 1000 + 4400)); mkdir $D/m $D/l; exec /usr/lib/rabbitmq/bin/rabbitmq-server`},
		{name: "epmd", pkg: "erlang-base", port: 4369, service: "epmd", script: `exec epmd -address $A -port $P -relaxed_command_check`},
		{name: "zabbix agent", pkg: "zabbix-agent", port: 10050, service: "zabbix-agent", product: "Zabbix", version: packaged,
			script: asUser + `printf "Server=0.0.0.0/0\nListenIP=$A\nListenPort=$P\nLogType=console\nHostname=x\nPidFile=$D/pid\n" >$D/c; as zabbix zabbix_agentd -f -c $D/c`},
		{name: "gpsd", pkg: "gpsd", port: 2947, service: "gpsd", product: "gpsd", version: packaged, script: `exec gpsd -N -G -S $P -F $D/s`},
		{name: "mpd", pkg: "mpd", port: 6600, service: "mpd",
			script: `printf 'music_directory "%s"\nbind_to_address "%s"\nport "%s"\nlog_file "%s/log"\naudio_output {\n type "null"\n name "x"\n}\n' $D $A $P $D >$D/c; exec mpd --no-daemon $D/c`},
		{name: "upsd", pkg: "nut-server", port: 3493, service: "nut", product: "Network UPS Tools", version: packaged,
			script: `mkdir $D/run; export NUT_CONFPATH=$D NUT_STATEPATH=$D/run NUT_PIDPATH=$D/run
printf "[d]\ndriver=dummy-ups\nport=x\n" >$D/ups.conf; printf "LISTEN $A $P\n" >$D/upsd.conf; : >$D/upsd.users; chmod -R go-rwx $D; chown -R nut $D; exec /lib/nut/upsd -F`},
		{name: "munin-node", pkg: "munin-node", port: 4949, service: "munin",
			script: `printf "host $A\nport $P\nlog_file $D/log\npid_file $D/pid\nbackground 0\nsetsid 0\nuser root\ngroup root\nallow .*\n" >$D/c; exec munin-node --config $D/c`},
		{name: "mumble", pkg: "mumble-server", port: 64738, service: "mumble", product: "Murmur", version: packaged, tls: true,
			script: `printf "database=$D/db\nhost=$A\nport=$P\nlogfile=\nsslCert=$CERT\nsslKey=$KEY\n" >$D/c; exec murmurd -fg -ini $D/c`},
		{name: "krb5kdc tcp", pkg: "krb5-kdc", port: 88, service: "kerberos", script: kdc("kdc_tcp_listen", "kdc_listen")},
		{name: "rpcbind", pkg: "rpcbind", port: 111, service: "rpcbind", fixed: true, script: `mount -t tmpfs none /run; mkdir /run/rpcbind; exec rpcbind -f -h $A`},
	}
}

func kdc(on, off string) string {
	return `cat >$D/kdc.conf <<EOF
[kdcdefaults]
` + on + ` = $A:$P
` + off + ` = ""
[realms]
EXAMPLE.ORG = {
 database_name = $D/db
 key_stash_file = $D/stash
}
EOF
printf "[libdefaults]\ndefault_realm = EXAMPLE.ORG\n[logging]\nkdc = FILE:$D/log\n" >$D/krb5.conf
export KRB5_CONFIG=$D/krb5.conf KRB5_KDC_PROFILE=$D/kdc.conf
kdb5_util -r EXAMPLE.ORG -P x create -s >/dev/null 2>&1; exec krb5kdc -n -r EXAMPLE.ORG`
}

func kamailio(transport string) string {
	return `cat >$D/c <<EOF
fork=no
children=1
listen=` + transport + `:$A:$P
loadmodule "sl.so"
loadmodule "siputils.so"
loadmodule "pv.so"
request_route { sl_send_reply("200", "OK"); }
EOF
export LD_LIBRARY_PATH=; exec kamailio -DD -E -f $D/c -Y $D -P $D/pid -u root -L /usr/lib/x86_64-linux-gnu/kamailio/modules`
}
