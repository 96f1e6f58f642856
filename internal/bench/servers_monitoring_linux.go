package main

// monitoringServers tell of machines and devices, or steer them.
func monitoringServers() []verifyServer {
	return []verifyServer{
		{name: "zabbix agent", pkg: "zabbix-agent", port: 10050, service: "zabbix-agent", product: "Zabbix", version: packaged,
			script: asUser + `printf "Server=0.0.0.0/0\nListenIP=$A\nListenPort=$P\nLogType=console\nHostname=x\nPidFile=$D/pid\n" >$D/c; as zabbix zabbix_agentd -f -c $D/c`},
		{name: "zabbix agent 2", pkg: "zabbix-agent2", port: 10050, service: "zabbix-agent", product: "Zabbix", version: packaged,
			script: asUser + `printf "Server=0.0.0.0/0\nListenIP=$A\nListenPort=$P\nLogType=console\nHostname=x\nPidFile=$D/pid\nControlSocket=$D/s\nPluginSocket=$D/ps\n" >$D/c; as zabbix zabbix_agent2 -f -c $D/c`},
		{name: "zabbix proxy", pkg: "zabbix-proxy-sqlite3", port: 10051, service: "zabbix-trapper", product: "Zabbix",
			script: asUser + `printf "Server=127.0.0.1\nHostname=x\nListenIP=$A\nListenPort=$P\nDBName=$D/db\nLogType=console\nPidFile=$D/pid\nSocketDir=$D\nProxyMode=1\n" >$D/c; as zabbix zabbix_proxy -f -c $D/c`},
		{name: "nrpe", pkg: "nagios-nrpe-server", port: 5666, service: "nrpe", product: "NRPE", version: packaged,
			script: `printf "server_port=$P\nserver_address=$A\nnrpe_user=nobody\nnrpe_group=nogroup\nallowed_hosts=198.18.0.0/15\n" >$D/c; exec nrpe -n -f -c $D/c`},
		{name: "nrpe over TLS", pkg: "nagios-nrpe-server", port: 5666, service: "tls", tls: true, // without a certificate, which no client of today takes
			script: `printf "server_port=$P\nserver_address=$A\nnrpe_user=nobody\nnrpe_group=nogroup\nallowed_hosts=198.18.0.0/15\n" >$D/c; exec nrpe -f -c $D/c`},
		{name: "nsca", pkg: "nsca", port: 5667, service: "nsca",
			script: `printf "server_port=$P\nserver_address=$A\nnsca_user=nobody\nnsca_group=nogroup\ncommand_file=$D/f\npassword=x\ndecryption_method=1\n" >$D/c; : >$D/f; exec nsca -f -c $D/c`},
		{name: "xymond", pkg: "xymon", port: 1984, service: "xymon", product: "Xymon", version: packaged,
			script: `mkdir $D/t; printf "page\n0.0.0.0 x\n" >$D/hosts; export XYMONHOME=$D XYMONTMP=$D MACHINE=x XYMONSERVERIP=$A; exec /usr/lib/xymon/server/bin/xymond --no-daemon --listen=$A:$P --hosts=$D/hosts --pidfile=$D/pid`},
		{name: "munin-node", pkg: "munin-node", port: 4949, service: "munin",
			script: `printf "host $A\nport $P\nlog_file $D/log\npid_file $D/pid\nbackground 0\nsetsid 0\nuser root\ngroup root\nallow .*\n" >$D/c; exec munin-node --config $D/c`},
		{name: "gmond", pkg: "ganglia-monitor", port: 8649, service: "ganglia", product: "Ganglia", version: packaged,
			script: `printf "globals { daemonize = no setuid = no user = nobody deaf = no mute = yes }\ncluster { name = x }\ntcp_accept_channel { port = $P bind = $A }\n" >$D/c; exec gmond -f -c $D/c`},
		{name: "gkrellmd", pkg: "gkrellmd", port: 19150, service: "gkrellm", product: "GKrellM", version: packaged, script: `exec gkrellmd -P $P -A $A`},
		{name: "snmpd", pkg: "snmpd", udp: true, port: 161, service: "snmp", product: "Net-SNMP",
			script: `: >$D/c; exec snmpd -f -Lo -C -c $D/c -p $D/pid udp:$A:$P`},
		{name: "rsyslog relp", pkg: "rsyslog-relp", port: 2514, service: "relp", product: "librelp",
			script: `printf "module(load=\"imrelp\")\ninput(type=\"imrelp\" port=\"$P\" address=\"$A\")\n*.* /dev/null\n" >$D/c; exec rsyslogd -n -f $D/c -i $D/pid`},
		{name: "upsd", pkg: "nut-server", port: 3493, service: "nut", product: "Network UPS Tools", version: packaged,
			script: `mkdir $D/run; export NUT_CONFPATH=$D NUT_STATEPATH=$D/run NUT_PIDPATH=$D/run
printf "[d]\ndriver=dummy-ups\nport=x\n" >$D/ups.conf; printf "LISTEN $A $P\n" >$D/upsd.conf; : >$D/upsd.users; chmod -R go-rwx $D; chown -R nut $D; exec /lib/nut/upsd -F`},
		{name: "apcupsd", pkg: "apcupsd", port: 3551, service: "apcupsd", product: "apcupsd", version: packaged,
			script: `printf "## apcupsd.conf v1.1 ##\nUPSCABLE simple\nUPSTYPE dumb\nDEVICE /dev/null\nNETSERVER on\nNISIP $A\nNISPORT $P\nLOCKFILE $D\nSCRIPTDIR $D\nPWRFAILDIR $D\nNOLOGINDIR $D\nEVENTSFILE $D/ev\n" >$D/c; exec apcupsd -b -f $D/c -P $D/pid`},
		{name: "powermand", pkg: "powerman", port: 10101, service: "powerman", product: "PowerMan", version: packaged,
			script: `printf "listen \"$A:$P\"\ninclude \"/etc/powerman/vpc.dev\"\ndevice \"a\" \"vpc\" \"/usr/sbin/vpcd |&\"\nnode \"x[0-3]\" \"a\" \"[0-3]\"\n" >$D/c; mkdir -p /run/powerman; chmod 755 $D; exec powermand -f -c $D/c`},
		{name: "ipmi_sim", pkg: "openipmi", udp: true, port: 623, service: "asf-rmcp",
			script: `printf 'name "x"\nset_working_mc 0x20\nstartlan 1\n  addr %s %s\n  priv_limit admin\n  allowed_auths_callback none md2 md5 straight\n  guid a123456789abcdefa123456789abcdef\nendlan\n' $A $P >$D/c
printf "mc_setbmc 0x20\nmc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr\nmc_enable 0x20\n" >$D/e; exec ipmi_sim -c $D/c -f $D/e -s $D -n`},
		{name: "LCDd", pkg: "lcdproc", port: 13666, service: "lcdproc", product: "LCDproc", version: packaged,
			script: `printf "[server]\nDriverPath=/usr/lib/x86_64-linux-gnu/lcdproc/\nDriver=text\nBind=$A\nPort=$P\nForeground=yes\nUser=root\n[text]\nSize=20x4\n" >$D/c; exec LCDd -f -c $D/c`},
		{name: "gpsd", pkg: "gpsd", port: 2947, service: "gpsd", product: "gpsd", version: packaged, script: `exec gpsd -N -G -S $P -F $D/s`},
		{name: "rigctld", pkg: "libhamlib-utils", port: 4532, service: "hamlib", script: `exec rigctld -m 1 -T $A -t $P`},
		{name: "rotctld", pkg: "libhamlib-utils", port: 4533, service: "hamlib", script: `exec rotctld -m 1 -T $A -t $P`},
		{name: "iperf3", pkg: "iperf3", port: 5201, service: "iperf3", script: `exec iperf3 -s -B $A -p $P`},
		{name: "nuttcp", pkg: "nuttcp", port: 5000, service: "nuttcp", product: "nuttcp", version: packaged, script: `exec nuttcp -S --nofork -P$P`},
		{name: "libvirtd", pkg: "libvirt-daemon", port: 16509, service: "libvirt",
			script: `printf "listen_tls = 0\nlisten_tcp = 1\ntcp_port = \"$P\"\nlisten_addr = \"$A\"\nauth_tcp = \"none\"\nunix_sock_dir = \"$D\"\n" >$D/c
for d in /run /var/lib/libvirt /var/cache/libvirt; do mount -t tmpfs none $d; done
for f in passwd group; do cp /etc/$f $D/$f; echo "libvirt-qemu:x:64055:64055::/:/bin/false" >>$D/$f; mount --bind $D/$f /etc/$f; done
exec libvirtd -l -f $D/c -p $D/pid`},
		{name: "qemu monitor", pkg: "qemu-system-x86", port: 4444, service: "qemu-monitor", product: "QEMU", version: packaged,
			script: `exec qemu-system-x86_64 -M none -display none -monitor tcp:$A:$P,server=on,wait=off`},
		{name: "qmp", pkg: "qemu-system-x86", port: 4445, service: "qmp", product: "QEMU", version: packaged,
			script: `exec qemu-system-x86_64 -M none -display none -qmp tcp:$A:$P,server=on,wait=off`},
		{name: "varnish console", pkg: "varnish", port: 6082, service: "varnish-cli", product: "Varnish", version: packaged,
			script: `exec varnishd -F -a $A:$((P + 1)) -T $A:$P -n $D -b 127.0.0.1:1 -S none`},
		{name: "varnish console with secret", pkg: "varnish", port: 6082, service: "varnish-cli",
			script: `exec varnishd -F -a $A:$((P + 1)) -T $A:$P -n $D -b 127.0.0.1:1`},
		{name: "haproxy console", pkg: "haproxy", port: 9999, service: "haproxy-cli", product: "HAProxy", version: packaged,
			script: `printf "global\n stats socket ipv4@$A:$P level user\ndefaults\n mode http\n timeout client 5s\n timeout connect 5s\n timeout server 5s\nfrontend x\n bind $A:$((P + 1))\n" >$D/c; exec haproxy -f $D/c`},
	}
}
