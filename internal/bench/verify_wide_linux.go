package main

// verifyWide are servers of protocols that are asked since they were found without a
// name on hosts of others. They are last, so that the others keep their numbers.
func verifyWide() []verifyServer {
	return []verifyServer{
		{name: "varnish console", pkg: "varnish", port: 6082, service: "varnish-cli", product: "Varnish", version: packaged,
			script: `exec varnishd -F -a $A:$((P + 1)) -T $A:$P -n $D -b 127.0.0.1:1 -S none`},
		{name: "varnish console with secret", pkg: "varnish", port: 6082, service: "varnish-cli",
			script: `exec varnishd -F -a $A:$((P + 1)) -T $A:$P -n $D -b 127.0.0.1:1`},
		{name: "haproxy console", pkg: "haproxy", port: 9999, service: "haproxy-cli", product: "HAProxy", version: packaged,
			script: `printf "global\n stats socket ipv4@$A:$P level user\ndefaults\n mode http\n timeout client 5s\n timeout connect 5s\n timeout server 5s\nfrontend x\n bind $A:$((P + 1))\n" >$D/c; exec haproxy -f $D/c`},
		{name: "cvs", pkg: "cvs", port: 2401, service: "cvs", script: `cvs -d $D/r init; ` + xinetd("cvs", "stream", "server = /usr/bin/cvs\n server_args = -f --allow-root=$D/r pserver")},
		{name: "rigctld", pkg: "libhamlib-utils", port: 4532, service: "hamlib", script: `exec rigctld -m 1 -T $A -t $P`},
		{name: "rotctld", pkg: "libhamlib-utils", port: 4533, service: "hamlib", script: `exec rotctld -m 1 -T $A -t $P`},
		{name: "saned", pkg: "sane-utils", port: 6566, service: "sane",
			script: `mkdir $D/c; echo test >$D/c/dll.conf; echo 198.18.0.0/15 >$D/c/saned.conf; export SANE_CONFIG_DIR=$D/c; exec saned -l -b $A -p $P -e -u root`},
		{name: "rmiregistry", pkg: "openjdk-17-jdk-headless", port: 1099, service: "java-rmi", script: `exec /usr/lib/jvm/java-17-openjdk-*/bin/rmiregistry -J-Xmx32m $P`},
		{name: "firebird", pkg: "firebird3.0-server", port: 3050, service: "firebird",
			script: `mkdir -p /run/firebird3.0 $D/e; cp -r /etc/firebird/3.0/. $D/e/; sed -i "/^Remote/d" $D/e/firebird.conf
printf "\nRemoteServicePort = $P\nRemoteBindAddress = $A\n" >>$D/e/firebird.conf; mount --bind $D/e /etc/firebird/3.0; exec /usr/sbin/firebird`},
		{name: "quassel", pkg: "quassel-core", port: 4242, service: "quassel", script: `exec quasselcore --configdir=$D --listen=$A --port=$P`},
		{name: "pulseaudio", pkg: "pulseaudio", port: 4713, service: "pulseaudio",
			script: `mkdir $D/r; export HOME=$D XDG_RUNTIME_DIR=$D/r PULSE_RUNTIME_PATH=$D/r
exec pulseaudio -n --daemonize=no --system=no --exit-idle-time=-1 --disable-shm -L "module-native-protocol-tcp listen=$A port=$P" -L module-null-sink`},
		// Whatever is not text ends this one, as a ClientHello on another number does.
		{name: "snapserver", pkg: "snapserver", port: 1705, fixed: true, service: "snapcast", product: "Snapserver", version: packaged,
			script: `mkfifo $D/f; exec snapserver -s "pipe://$D/f?name=x" --stream.bind_to_address=$A --stream.port=$((P + 1000)) --tcp.bind_to_address=$A --tcp.port=$P --http.enabled=false --server.datadir=$D --server.user=root --server.group=root`},
		{name: "snapserver stream", pkg: "snapserver", port: 1704, service: "snapcast-stream",
			script: `mkfifo $D/f; exec snapserver -s "pipe://$D/f?name=x" --stream.bind_to_address=$A --stream.port=$P --tcp.enabled=false --http.enabled=false --server.datadir=$D --server.user=root --server.group=root`},
		{name: "opendkim", pkg: "opendkim", port: 8891, service: "milter", script: `printf "Socket inet:$P@$A\nMode v\nUserID root\nBackground no\nPidFile $D/pid\n" >$D/c; exec opendkim -f -x $D/c`},
		{name: "libvirtd", pkg: "libvirt-daemon", port: 16509, service: "libvirt",
			script: `printf "listen_tls = 0\nlisten_tcp = 1\ntcp_port = \"$P\"\nlisten_addr = \"$A\"\nauth_tcp = \"none\"\nunix_sock_dir = \"$D\"\n" >$D/c
for d in /run /var/lib/libvirt /var/cache/libvirt; do mount -t tmpfs none $d; done
for f in passwd group; do cp /etc/$f $D/$f; echo "libvirt-qemu:x:64055:64055::/:/bin/false" >>$D/$f; mount --bind $D/$f /etc/$f; done
exec libvirtd -l -f $D/c -p $D/pid`},
		{name: "apcupsd", pkg: "apcupsd", port: 3551, service: "apcupsd", product: "apcupsd", version: packaged,
			script: `printf "## apcupsd.conf v1.1 ##\nUPSCABLE simple\nUPSTYPE dumb\nDEVICE /dev/null\nNETSERVER on\nNISIP $A\nNISPORT $P\nLOCKFILE $D\nSCRIPTDIR $D\nPWRFAILDIR $D\nNOLOGINDIR $D\nEVENTSFILE $D/ev\n" >$D/c; exec apcupsd -b -f $D/c -P $D/pid`},
		{name: "nsca", pkg: "nsca", port: 5667, service: "nsca",
			script: `printf "server_port=$P\nserver_address=$A\nnsca_user=nobody\nnsca_group=nogroup\ncommand_file=$D/f\npassword=x\ndecryption_method=1\n" >$D/c; : >$D/f; exec nsca -f -c $D/c`},
		{name: "xymond", pkg: "xymon", port: 1984, service: "xymon", product: "Xymon", version: packaged,
			script: `mkdir $D/t; printf "page\n0.0.0.0 x\n" >$D/hosts; export XYMONHOME=$D XYMONTMP=$D MACHINE=x XYMONSERVERIP=$A; exec /usr/lib/xymon/server/bin/xymond --no-daemon --listen=$A:$P --hosts=$D/hosts --pidfile=$D/pid`},
		{name: "iperf3", pkg: "iperf3", port: 5201, service: "iperf3", script: `exec iperf3 -s -B $A -p $P`},
		{name: "rsyslog relp", pkg: "rsyslog-relp", port: 2514, service: "relp", product: "librelp",
			script: `printf "module(load=\"imrelp\")\ninput(type=\"imrelp\" port=\"$P\" address=\"$A\")\n*.* /dev/null\n" >$D/c; exec rsyslogd -n -f $D/c -i $D/pid`},
		{name: "bitlbee", pkg: "bitlbee", port: 6667, service: "irc", product: "BitlBee", script: `mkdir $D/u; exec bitlbee -n -D -i $A -p $P -d $D/u -c /dev/null`},
	}
}
