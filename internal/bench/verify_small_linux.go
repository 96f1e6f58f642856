package main

// verifySmall are the small services of xinetd and name servers by TCP.
func verifySmall() []verifyServer {
	return []verifyServer{
		{name: "echo", pkg: "xinetd", port: 7, service: "echo", script: xinetd("echo", "stream", "")},
		{name: "daytime", pkg: "xinetd", port: 13, service: "daytime", script: xinetd("daytime", "stream", "")},
		{name: "time", pkg: "xinetd", port: 37, service: "time", script: xinetd("time", "stream", "")},
		{name: "chargen", pkg: "xinetd", port: 19, service: "chargen", script: xinetd("chargen", "stream", "")},
		{name: "discard", pkg: "xinetd", port: 9, service: "", script: xinetd("discard", "stream", "")},
		{name: "finger", pkg: "fingerd", port: 79, service: "finger", script: xinetd("finger", "stream", "server = /usr/sbin/in.fingerd")},
		{name: "oidentd", pkg: "oidentd", port: 113, service: "ident", script: `exec oidentd -i -a $A -p $P -u nobody -g nogroup -C /dev/null`},
		{name: "bind tcp", pkg: "bind9", port: 53, service: "dns", product: "BIND", version: packaged, script: named},
		{name: "unbound tcp", pkg: "unbound", port: 53, service: "dns", product: "unbound", version: packaged, script: unbound},
		{name: "dnsmasq tcp", pkg: "dnsmasq-base", port: 53, service: "dns", product: "dnsmasq", version: packaged, script: dnsmasq},
		{name: "knot tcp", pkg: "knot", port: 53, service: "dns", product: "Knot", version: packaged, script: knot},
		{name: "nsd tcp", pkg: "nsd", port: 53, service: "dns", product: "NSD", version: packaged, script: nsd},
	}
}

const (
	dnsmasq = `exec dnsmasq -k -C /dev/null -a $A -p $P --bind-interfaces -R -u root --pid-file=$D/pid --no-hosts`
	knot    = `printf "server:\n  listen: $A@$P\n  rundir: $D\ndatabase:\n  storage: $D\n" >$D/c; exec knotd -c $D/c`
	nsd     = `printf "server:\n  ip-address: $A@$P\n  username: \"\"\n  zonesdir: \"$D\"\n  database: \"\"\n  xfrdfile: \"$D/x\"\n  pidfile: \"$D/pid\"\n  zonelistfile: \"$D/z\"\n  cookie-secret-file: \"\"\nremote-control:\n  control-enable: no\n" >$D/c; exec nsd -d -c $D/c`
)

const named = `printf 'options { directory "%s"; listen-on port %s { %s; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile "%s/k"; };\ncontrols {};\n' $D $P $A $D >$D/c; exec named -4 -g -c $D/c -n 1`

const unbound = `printf "server:\n interface: $A@$P\n username: \"\"\n chroot: \"\"\n directory: \"$D\"\n pidfile: \"\"\n use-syslog: no\n access-control: 0.0.0.0/0 allow\n num-threads: 1\nremote-control:\n control-enable: no\n" >$D/c; exec unbound -d -c $D/c`

// verifyDatagrams are the servers over UDP.
func verifyDatagrams() []verifyServer {
	return []verifyServer{
		{name: "bind udp", pkg: "bind9", udp: true, port: 53, service: "dns", product: "BIND", version: packaged, script: named},
		{name: "unbound udp", pkg: "unbound", udp: true, port: 53, service: "dns", product: "unbound", version: packaged, script: unbound},
		{name: "dnsmasq udp", pkg: "dnsmasq-base", udp: true, port: 53, service: "dns", product: "dnsmasq", version: packaged, script: dnsmasq},
		{name: "knot udp", pkg: "knot", udp: true, port: 53, service: "dns", product: "Knot", version: packaged, script: knot},
		{name: "chrony ntp", pkg: "chrony", udp: true, port: 123, service: "ntp",
			script: `printf "port $P\ncmdport 0\nbindaddress $A\nallow all\nlocal\npidfile $D/pid\nbindcmdaddress /\n" >$D/c; exec chronyd -d -x -u root -f $D/c`},
		{name: "chrony", pkg: "chrony", udp: true, port: 323, service: "chrony", product: "chrony",
			script: `printf "port 0\ncmdport $P\nbindcmdaddress $A\ncmdallow all\nlocal\npidfile $D/pid\n" >$D/c; exec chronyd -d -x -u root -f $D/c`},
		{name: "snmpd", pkg: "snmpd", udp: true, port: 161, service: "snmp", product: "Net-SNMP",
			script: `: >$D/c; exec snmpd -f -Lo -C -c $D/c -p $D/pid udp:$A:$P`},
		{name: "tftpd", pkg: "tftpd-hpa", udp: true, port: 69, service: "tftp", script: `exec in.tftpd -L -s $D -a $A:$P -4`},
		{name: "kamailio udp", pkg: "kamailio", udp: true, port: 5060, service: "sip", product: "kamailio", version: packaged, script: kamailio("udp")},
		{name: "coturn udp", pkg: "coturn", udp: true, port: 3478, service: "stun", product: "Coturn", version: packaged,
			script: `exec turnserver -n --listening-ip=$A --listening-port=$P --no-tcp --no-cli --db $D/db --log-file stdout --pidfile $D/pid`},
		{name: "memcached udp", pkg: "memcached", udp: true, port: 11211, service: "memcached", product: "memcached", version: packaged, script: `exec memcached -u nobody -l $A -p 0 -U $P`},
		{name: "openvpn udp", pkg: "openvpn", udp: true, port: 1194, service: "openvpn", script: openvpnServer("udp")},
		{name: "krb5kdc udp", pkg: "krb5-kdc", udp: true, port: 88, service: "kerberos", script: kdc("kdc_listen", "kdc_tcp_listen")},
		{name: "coap server", pkg: "libcoap3-bin", udp: true, port: 5683, service: "coap", script: `exec coap-server-notls -A $A -p $P`},
		{name: "xl2tpd", pkg: "xl2tpd", udp: true, port: 1701, service: "l2tp",
			script: `printf "[global]\nport = $P\nlisten-addr = $A\n[lns default]\nip range = 198.18.0.10-198.18.0.20\nlocal ip = 198.18.0.1\n" >$D/c; : >$D/s; exec xl2tpd -D -c $D/c -s $D/s -p $D/pid -C $D/control`},
		{name: "ipmi_sim", pkg: "openipmi", udp: true, port: 623, service: "asf-rmcp",
			script: `printf 'name "x"\nset_working_mc 0x20\nstartlan 1\n  addr %s %s\n  priv_limit admin\n  allowed_auths_callback none md2 md5 straight\n  guid a123456789abcdefa123456789abcdef\nendlan\n' $A $P >$D/c
printf "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n" >$D/e; exec ipmi_sim -c $D/c -f $D/e -s $D -n`},
		{name: "nmbd", pkg: "samba", udp: true, port: 137, fixed: true, service: "netbios-ns",
			script: `cat >$D/c <<EOF
[global]
netbios name = FILES
interfaces = $A/24
bind interfaces only = no
private dir = $D
lock directory = $D
state directory = $D
cache directory = $D
pid directory = $D
log file = $D/log
EOF
exec nmbd -F --no-process-group --configfile=$D/c`},
		{name: "charon", pkg: "strongswan-charon", udp: true, port: 500, fixed: true, service: "isakmp",
			script: `printf "charon {\n install_routes = no\n routing_table = 0\n}\n" >$D/c; STRONGSWAN_CONF=$D/c exec /usr/lib/ipsec/charon`},
		{name: "echo udp", pkg: "xinetd", udp: true, port: 7, service: "echo", script: xinetd("echo", "dgram", "")},
		{name: "time udp", pkg: "xinetd", udp: true, port: 37, service: "time", script: xinetd("time", "dgram", "")},
		{name: "daytime udp", pkg: "xinetd", udp: true, port: 13, service: "daytime", script: xinetd("daytime", "dgram", "")},
	}
}
