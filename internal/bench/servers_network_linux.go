package main

// networkServers are what a network itself needs: names, time, routes, who is who, and the small services of xinetd.
func networkServers() []verifyServer {
	return []verifyServer{
		{name: "bind tcp", pkg: "bind9", port: 53, service: "dns", product: "BIND", version: packaged, script: named},
		{name: "bind udp", pkg: "bind9", udp: true, port: 53, service: "dns", product: "BIND", version: packaged, script: named},
		{name: "unbound tcp", pkg: "unbound", port: 53, service: "dns", product: "unbound", version: packaged, script: unbound},
		{name: "unbound udp", pkg: "unbound", udp: true, port: 53, service: "dns", product: "unbound", version: packaged, script: unbound},
		{name: "unbound DoT", pkg: "unbound", port: 853, service: "dns", product: "unbound", version: packaged, tls: true,
			script: `printf "server:\n interface: $A@$P\n tls-port: $P\n tls-service-key: $KEY\n tls-service-pem: $CERT\n username: \"\"\n chroot: \"\"\n directory: \"$D\"\n pidfile: \"\"\n use-syslog: no\n access-control: 0.0.0.0/0 allow\n num-threads: 1\nremote-control:\n control-enable: no\n" >$D/c; exec unbound -d -c $D/c`},
		{name: "dnsmasq tcp", pkg: "dnsmasq-base", port: 53, service: "dns", product: "dnsmasq", version: packaged, script: dnsmasq},
		{name: "dnsmasq udp", pkg: "dnsmasq-base", udp: true, port: 53, service: "dns", product: "dnsmasq", version: packaged, script: dnsmasq},
		{name: "knot tcp", pkg: "knot", port: 53, service: "dns", product: "Knot", version: packaged, script: knot},
		{name: "knot udp", pkg: "knot", udp: true, port: 53, service: "dns", product: "Knot", version: packaged, script: knot},
		{name: "nsd tcp", pkg: "nsd", port: 53, service: "dns", product: "NSD", version: packaged, script: nsd},
		{name: "powerdns tcp", pkg: "pdns-server", port: 53, service: "dns", product: "PowerDNS", version: packaged,
			script: `: >$D/b; exec pdns_server --daemon=no --guardian=no --config-dir=$D --launch=bind --bind-config=$D/b --local-address=$A --local-port=$P --socket-dir=$D --write-pid=no`},
		{name: "powerdns udp", pkg: "pdns-server", port: 53, service: "dns", product: "PowerDNS", version: packaged, udp: true,
			script: `: >$D/b; exec pdns_server --daemon=no --guardian=no --config-dir=$D --launch=bind --bind-config=$D/b --local-address=$A --local-port=$P --socket-dir=$D --write-pid=no`},
		{name: "chrony ntp", pkg: "chrony", udp: true, port: 123, service: "ntp",
			script: `printf "port $P\ncmdport 0\nbindaddress $A\nallow all\nlocal\npidfile $D/pid\nbindcmdaddress /\n" >$D/c; exec chronyd -d -x -u root -f $D/c`},
		{name: "chrony", pkg: "chrony", udp: true, port: 323, service: "chrony", product: "chrony",
			script: `printf "port 0\ncmdport $P\nbindcmdaddress $A\ncmdallow all\nlocal\npidfile $D/pid\n" >$D/c; exec chronyd -d -x -u root -f $D/c`},
		{name: "bird", pkg: "bird2", port: 179, service: "bgp",
			script: `printf "router id $A;\nprotocol device {}\nprotocol bgp x { local $A port $P as 65000; neighbor 198.19.255.1 as 65001; multihop; passive; ipv4 { import none; export none; }; }\n" >$D/c; exec bird -f -c $D/c -s $D/s -P $D/pid`},
		{name: "zebra", pkg: "frr", port: 2601, service: "zebra-vty", product: "FRRouting", version: packaged,
			script: `mount -t tmpfs none /run; mkdir -p /run/frr; chown frr $D /run/frr; printf "hostname x\npassword x\n" >$D/c; exec /usr/lib/frr/zebra -A $A -P $P -f $D/c -i $D/pid -z $D/s --vty_socket $D -u frr -g frr`},
		{name: "openflow controller", pkg: "openvswitch-testcontroller", port: 6653, service: "openflow", script: `exec ovs-testcontroller ptcp:$P:$A --unixctl=$D/ctl`},
		{name: "krb5kdc tcp", pkg: "krb5-kdc", port: 88, service: "kerberos", script: kdc("kdc_tcp_listen", "kdc_listen")},
		{name: "krb5kdc udp", pkg: "krb5-kdc", udp: true, port: 88, service: "kerberos", script: kdc("kdc_listen", "kdc_tcp_listen")},
		{name: "kadmind", pkg: "krb5-admin-server", port: 749, service: "kadmin", script: kadmin("kadmind_listen", "kpasswd_listen")},
		{name: "kpasswd", pkg: "krb5-admin-server", port: 464, service: "kpasswd", script: kadmin("kpasswd_listen", "kadmind_listen")},
		{name: "oidentd", pkg: "oidentd", port: 113, service: "ident", script: `exec oidentd -i -a $A -p $P -u nobody -g nogroup -C /dev/null`},
		{name: "finger", pkg: "fingerd", port: 79, service: "finger", script: xinetd("finger", "stream", "server = /usr/sbin/in.fingerd")},
		{name: "echo", pkg: "xinetd", port: 7, service: "echo", script: xinetd("echo", "stream", "")},
		{name: "echo udp", pkg: "xinetd", udp: true, port: 7, service: "echo", script: xinetd("echo", "dgram", "")},
		{name: "daytime", pkg: "xinetd", port: 13, service: "daytime", script: xinetd("daytime", "stream", "")},
		{name: "daytime udp", pkg: "xinetd", udp: true, port: 13, service: "daytime", script: xinetd("daytime", "dgram", "")},
		{name: "time", pkg: "xinetd", port: 37, service: "time", script: xinetd("time", "stream", "")},
		{name: "time udp", pkg: "xinetd", udp: true, port: 37, service: "time", script: xinetd("time", "dgram", "")},
		{name: "chargen", pkg: "xinetd", port: 19, service: "chargen", script: xinetd("chargen", "stream", "")},
		{name: "discard", pkg: "xinetd", port: 9, service: "", script: xinetd("discard", "stream", "")},
	}
}

const dnsmasq = `exec dnsmasq -k -C /dev/null -a $A -p $P --bind-interfaces -R -u root --pid-file=$D/pid --no-hosts`

func kadmin(on, off string) string {
	return `cat >$D/kdc.conf <<EOF
[realms]
EXAMPLE.ORG = {
 database_name = $D/db
 key_stash_file = $D/stash
 ` + on + ` = $A:$P
 ` + off + ` = $A:$((P + 1000))
 acl_file = $D/acl
}
EOF
: >$D/acl; printf "[libdefaults]\ndefault_realm = EXAMPLE.ORG\n[logging]\nadmin_server = FILE:$D/log\n" >$D/krb5.conf
export KRB5_CONFIG=$D/krb5.conf KRB5_KDC_PROFILE=$D/kdc.conf
kdb5_util -r EXAMPLE.ORG -P x create -s >/dev/null 2>&1; exec kadmind -nofork -r EXAMPLE.ORG`
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

const knot = `printf "server:\n  listen: $A@$P\n  rundir: $D\ndatabase:\n  storage: $D\n" >$D/c; exec knotd -c $D/c`

const named = `printf 'options { directory "%s"; listen-on port %s { %s; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile "%s/k"; };\ncontrols {};\n' $D $P $A $D >$D/c; exec named -4 -g -c $D/c -n 1`

const nsd = `printf "server:\n  ip-address: $A@$P\n  username: \"\"\n  zonesdir: \"$D\"\n  database: \"\"\n  xfrdfile: \"$D/x\"\n  pidfile: \"$D/pid\"\n  zonelistfile: \"$D/z\"\n  cookie-secret-file: \"\"\nremote-control:\n  control-enable: no\n" >$D/c; exec nsd -d -c $D/c`

const unbound = `printf "server:\n interface: $A@$P\n username: \"\"\n chroot: \"\"\n directory: \"$D\"\n pidfile: \"\"\n use-syslog: no\n access-control: 0.0.0.0/0 allow\n num-threads: 1\nremote-control:\n control-enable: no\n" >$D/c; exec unbound -d -c $D/c`
