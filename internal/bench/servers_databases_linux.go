package main

// databaseServers are databases, directories and what searches or pools them.
func databaseServers() []verifyServer {
	return []verifyServer{
		{name: "redis", pkg: "redis-server", port: 6379, service: "redis", product: "Redis", version: packaged,
			script: `exec redis-server --port $P --bind $A --dir $D --save "" --protected-mode no`},
		{name: "redis with password", pkg: "redis-server", port: 6379, service: "redis",
			script: `exec redis-server --port $P --bind $A --dir $D --save "" --requirepass secret`},
		{name: "redis sentinel", pkg: "redis-sentinel", port: 26379, service: "redis", product: "Redis", version: packaged,
			script: `printf "port $P\nbind $A\ndir $D\nprotected-mode no\n" >$D/c; exec redis-sentinel $D/c`},
		{name: "memcached", pkg: "memcached", port: 11211, service: "memcached", product: "memcached", version: packaged, script: `exec memcached -u nobody -l $A -p $P -U 0`},
		{name: "memcached udp", pkg: "memcached", udp: true, port: 11211, service: "memcached", product: "memcached", version: packaged, script: `exec memcached -u nobody -l $A -p 0 -U $P`},
		{name: "mariadb", pkg: "mariadb-server", port: 3306, service: "mysql", product: "MariaDB", version: packaged,
			script: asUser + `chmod 755 $D; chown mysql $D; setpriv --reuid=mysql --regid=mysql --clear-groups mariadb-install-db --no-defaults --datadir=$D/d --auth-root-authentication-method=normal >/dev/null 2>&1
echo "CREATE USER porthole@'%';" >$D/init
as mysql mariadbd --no-defaults --datadir=$D/d --bind-address=$A --port=$P --socket=$D/s --init-file=$D/init --innodb-buffer-pool-size=8M --skip-name-resolve`},
		{name: "postgresql", pkg: "postgresql-15", port: 5432, service: "postgresql", product: "PostgreSQL", script: postgres("")},
		{name: "postgresql with TLS", pkg: "postgresql-15", port: 5432, service: "postgresql", product: "PostgreSQL",
			script: postgres("cp $CERT $D/crt; cp $KEY $D/key; chmod 600 $D/key; chown postgres $D/crt $D/key; more='-c ssl=on -c ssl_cert_file='$D'/crt -c ssl_key_file='$D/key\n")},
		{name: "pgbouncer", pkg: "pgbouncer", port: 6432, service: "postgresql",
			script: asUser + `printf "[databases]\nx=host=127.0.0.1\n[pgbouncer]\nlisten_addr=$A\nlisten_port=$P\nauth_type=any\nunix_socket_dir=\nlogfile=$D/log\n" >$D/c; as postgres pgbouncer $D/c`},
		{name: "pgpool", pkg: "pgpool2", port: 9999, service: "postgresql", product: "Pgpool-II",
			script: `S="'"; printf "listen_addresses = $S$A$S\nport = $P\npcp_listen_addresses = $S$A$S\npcp_port = $((P - 1))\nunix_socket_directories = $S$D$S\npcp_socket_dir = $S$D$S\nlogdir = $S$D$S\npid_file_name = $S$D/pid$S\nbackend_hostname0 = $S$A$S\nbackend_port0 = 1024\nnum_init_children = 4\n" >$D/c
touch $D/p $D/h; exec pgpool -n -f $D/c -F $D/p -a $D/h`},
		{name: "tarantool", pkg: "tarantool", port: 3301, service: "tarantool", product: "Tarantool", version: packaged,
			script: `cd $D; echo "box.cfg{listen='$A:$P', wal_mode='none'}" >c.lua; exec tarantool c.lua`},
		{name: "firebird", pkg: "firebird3.0-server", port: 3050, service: "firebird",
			script: `mkdir -p /run/firebird3.0 $D/e; cp -r /etc/firebird/3.0/. $D/e/; sed -i "/^Remote/d" $D/e/firebird.conf
printf "\nRemoteServicePort = $P\nRemoteBindAddress = $A\n" >>$D/e/firebird.conf; mount --bind $D/e /etc/firebird/3.0; exec /usr/sbin/firebird`},
		{name: "derby", pkg: "derby-tools", port: 1527, service: "drda", product: "Derby", version: packaged,
			script: `J=/usr/share/java; exec java -Xmx64m -cp $J/derbynet.jar:$J/derby.jar:$J/derbytools.jar:$J/derbyshared.jar -Dderby.system.home=$D org.apache.derby.drda.NetworkServerControl start -h $A -p $P -noSecurityManager`},
		{name: "h2 database", pkg: "libh2-java", port: 9092, service: "h2-database", product: "H2",
			script: `exec java -Xmx64m -cp "/usr/share/java/h2.jar:/usr/share/java/*" org.h2.tools.Server -tcp -tcpPort $P -tcpAllowOthers`},
		{name: "searchd", pkg: "sphinxsearch", port: 9312, service: "sphinx", script: searchd("$A:$P", "$A:$((P + 1000)):mysql41")},
		{name: "searchd for MySQL", pkg: "sphinxsearch", port: 9306, service: "mysql", product: "Sphinx", version: packaged, script: searchd("$A:$((P + 1000))", "$A:$P:mysql41")},
		{name: "ovsdb-server", pkg: "openvswitch-switch", port: 6640, service: "ovsdb",
			script: `ovsdb-tool create $D/db /usr/share/openvswitch/vswitch.ovsschema; exec ovsdb-server $D/db --remote=ptcp:$P:$A --unixctl=$D/ctl --pidfile=$D/pid`},
		{name: "slapd", pkg: "slapd", port: 389, service: "ldap", product: "OpenLDAP", script: slapd("ldap")},
		{name: "slapd over TLS", pkg: "slapd", port: 636, service: "ldap", product: "OpenLDAP", tls: true, script: slapd("ldaps")},
		{name: "ypserv", pkg: "ypserv", port: 834, service: "ypserv",
			script: `mount -t tmpfs none /run; rpcbind -w; domainname x; mkdir -p /var/yp/x; exec ypserv -d -p $P`},
	}
}

func postgres(prepare string) string {
	return asUser + `chown postgres $D; B=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
setpriv --reuid=postgres --regid=postgres --clear-groups $B/initdb -D $D/d >/dev/null
` + prepare + `as postgres $B/postgres -D $D/d -c listen_addresses=$A -c port=$P -c unix_socket_directories= $more`
}

func searchd(listen ...string) string {
	return `printf "index x\n{\n type = rt\n path = $D/x\n rt_field = a\n rt_attr_uint = b\n}\nsearchd\n{\n listen = ` + listen[0] + `\n listen = ` + listen[1] + `\n log = $D/l\n query_log = $D/q\n pid_file = $D/pid\n binlog_path =\n workers = threads\n}\n" >$D/c; exec searchd --nodetach -c $D/c`
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
