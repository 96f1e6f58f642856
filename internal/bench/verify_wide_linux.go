package main

import "strings"

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
		{name: "bird", pkg: "bird2", port: 179, service: "bgp",
			script: `printf "router id $A;\nprotocol device {}\nprotocol bgp x { local $A port $P as 65000; neighbor 198.19.255.1 as 65001; multihop; passive; ipv4 { import none; export none; }; }\n" >$D/c; exec bird -f -c $D/c -s $D/s -P $D/pid`},
		{name: "openflow controller", pkg: "openvswitch-testcontroller", port: 6653, service: "openflow", script: `exec ovs-testcontroller ptcp:$P:$A --unixctl=$D/ctl`},
		{name: "ovsdb-server", pkg: "openvswitch-switch", port: 6640, service: "ovsdb",
			script: `ovsdb-tool create $D/db /usr/share/openvswitch/vswitch.ovsschema; exec ovsdb-server $D/db --remote=ptcp:$P:$A --unixctl=$D/ctl --pidfile=$D/pid`},
		{name: "zebra", pkg: "frr", port: 2601, service: "zebra-vty", product: "FRRouting", version: packaged,
			script: `mount -t tmpfs none /run; mkdir -p /run/frr; chown frr $D /run/frr; printf "hostname x\npassword x\n" >$D/c; exec /usr/lib/frr/zebra -A $A -P $P -f $D/c -i $D/pid -z $D/s --vty_socket $D -u frr -g frr`},
		{name: "storescp", pkg: "dcmtk", port: 11112, service: "dicom", script: `cd $D; exec storescp $P`},
		{name: "c-icap", pkg: "c-icap", port: 1344, service: "icap", product: "C-ICAP", version: packaged,
			script: `printf "Port $A:$P\nPidFile $D/pid\nCommandsSocket $D/s\nServerLog $D/l\nAccessLog $D/a\nUser root\nGroup root\nTmpDir $D\nModulesDir /usr/lib/x86_64-linux-gnu/c_icap\nServicesDir /usr/lib/x86_64-linux-gnu/c_icap\nService echo srv_echo.so\n" >$D/c; exec c-icap -N -D -f $D/c`},
		{name: "breezy", pkg: "brz", port: 4155, service: "bzr", script: `cd $D; export HOME=$D; exec brz serve --listen=$A --port=$P`},
		{name: "unison", pkg: "unison", port: 32310, fixed: true, service: "unison", script: `export HOME=$D; exec unison -socket $P -host $A`},
		{name: "icecream monitor", pkg: "icecc", port: 8766, service: "icecream-monitor", product: "Icecream", version: packaged, script: `exec icecc-scheduler -p $((P - 1)) -l $D/l`},
		{name: "gophernicus", pkg: "gophernicus", port: 70, service: "gopher", product: "Gophernicus", version: packaged,
			script: "chmod 755 $D; " + strings.Replace(xinetd("gopher", "stream", "server = /usr/sbin/gophernicus\n server_args = -h x -r $D"), "user = root", "user = nobody", 1)},
		{name: "pygopherd", pkg: "pygopherd", port: 70, fixed: true, service: "gopher",
			script: `sed "s/^port *=.*/port = $P/;s|^root *=.*|root = $D|;s|^detach *=.*|detach = no|;s|^pidfile|#pidfile|;s|^# interface = gopher.example.com|interface = $A|;s|^usechroot *=.*|usechroot = no|;s|^setuid|#setuid|;s|^setgid|#setgid|" /etc/pygopherd/pygopherd.conf >$D/c; exec pygopherd $D/c`},
		{name: "sudo_logsrvd", pkg: "sudo", port: 30343, service: "sudo-logsrv", product: "Sudo Audit Server", version: packaged,
			script: `printf "[server]\nlisten_address = $A:$P\npid_file =\nserver_log = stderr\n[iolog]\niolog_dir = $D\n" >$D/c; exec sudo_logsrvd -n -f $D/c`},
		{name: "vtund", pkg: "vtun", port: 32373, fixed: true, service: "vtun", product: "VTun",
			script: `printf "options { port $P; }\nx { passwd x; type tun; proto tcp; }\n" >$D/c; exec vtund -s -n -f $D/c -P $P`},
		{name: "kadmind", pkg: "krb5-admin-server", port: 749, service: "kadmin", script: kadmin("kadmind_listen", "kpasswd_listen")},
		{name: "kpasswd", pkg: "krb5-admin-server", port: 464, service: "kpasswd", script: kadmin("kpasswd_listen", "kadmind_listen")},
		{name: "LCDd", pkg: "lcdproc", port: 13666, service: "lcdproc", product: "LCDproc", version: packaged,
			script: `printf "[server]\nDriverPath=/usr/lib/x86_64-linux-gnu/lcdproc/\nDriver=text\nBind=$A\nPort=$P\nForeground=yes\nUser=root\n[text]\nSize=20x4\n" >$D/c; exec LCDd -f -c $D/c`},
		{name: "gkrellmd", pkg: "gkrellmd", port: 19150, service: "gkrellm", product: "GKrellM", version: packaged, script: `exec gkrellmd -P $P -A $A`},
		{name: "powermand", pkg: "powerman", port: 10101, service: "powerman", product: "PowerMan", version: packaged,
			script: `printf "listen \"$A:$P\"\ninclude \"/etc/powerman/vpc.dev\"\ndevice \"a\" \"vpc\" \"/usr/sbin/vpcd |&\"\nnode \"x[0-3]\" \"a\" \"[0-3]\"\n" >$D/c; mkdir -p /run/powerman; chmod 755 $D; exec powermand -f -c $D/c`},
		{name: "i2pd sam", pkg: "i2pd", port: 7656, service: "i2p-sam", script: i2pd("sam")},
		{name: "i2pd bob", pkg: "i2pd", port: 2827, service: "i2p-bob", script: i2pd("bob")},
		{name: "omniNames", pkg: "omniorb-nameserver", port: 2809, service: "giop", script: `exec omniNames -start $P -logdir $D -ORBendPoint giop:tcp:$A:$P`},
		{name: "glacier2router", pkg: "zeroc-glacier2", port: 4063, service: "ice",
			script: `exec glacier2router --Glacier2.Client.Endpoints="tcp -h $A -p $P" --Glacier2.Server.Endpoints="tcp -h 127.0.0.1" --Glacier2.PermissionsVerifier=Glacier2/NullPermissionsVerifier`},
		{name: "nanocat", pkg: "nanomsg-utils", port: 32443, fixed: true, service: "nanomsg", script: `exec nanocat --rep --bind tcp://$A:$P --data x`},
		{name: "perspective broker", pkg: "python3-twisted", port: 9989, service: "twisted-pb",
			script: `exec /usr/bin/python3 -c "
from twisted.spread import pb
from twisted.internet import reactor
class R(pb.Root): pass
reactor.listenTCP($P, pb.PBServerFactory(R()), interface='$A')
reactor.run()"`},
		{name: "derby", pkg: "derby-tools", port: 1527, service: "drda", product: "Derby", version: packaged,
			script: `J=/usr/share/java; exec java -Xmx64m -cp $J/derbynet.jar:$J/derby.jar:$J/derbytools.jar:$J/derbyshared.jar -Dderby.system.home=$D org.apache.derby.drda.NetworkServerControl start -h $A -p $P -noSecurityManager`},
		{name: "pgpool", pkg: "pgpool2", port: 9999, service: "postgresql", product: "Pgpool-II",
			script: `S="'"; printf "listen_addresses = $S$A$S\nport = $P\npcp_listen_addresses = $S$A$S\npcp_port = $((P - 1))\nunix_socket_directories = $S$D$S\npcp_socket_dir = $S$D$S\nlogdir = $S$D$S\npid_file_name = $S$D/pid$S\nbackend_hostname0 = $S$A$S\nbackend_port0 = 1024\nnum_init_children = 4\n" >$D/c
touch $D/p $D/h; exec pgpool -n -f $D/c -F $D/p -a $D/h`},
		{name: "mfsmaster", pkg: "moosefs-master", port: 9421, service: "moosefs", product: "MooseFS", version: packaged,
			script: `mkdir $D/m; cp /var/lib/mfs/metadata.mfs.empty $D/m/metadata.mfs; printf "DATA_PATH=$D/m\nMATOML_LISTEN_HOST=$A\nMATOML_LISTEN_PORT=$((P + 1000))\nMATOCS_LISTEN_HOST=$A\nMATOCS_LISTEN_PORT=$((P + 1001))\nMATOCL_LISTEN_HOST=$A\nMATOCL_LISTEN_PORT=$P\nWORKING_USER=root\nWORKING_GROUP=root\nEXPORTS_FILENAME=$D/e\nTOPOLOGY_FILENAME=$D/t\n" >$D/c
: >$D/t; echo "* / rw" >$D/e; exec mfsmaster -f -c $D/c start`},
		{name: "owserver", pkg: "owserver", port: 4304, service: "owserver", product: "OWFS", version: packaged, script: `exec owserver --foreground --fake=DS18B20 -p $A:$P`},
		{name: "qnetd", pkg: "corosync-qnetd", port: 5403, fixed: true, service: "corosync-qnetd", script: `exec corosync-qnetd -f -s off -l $A -p $P`},
		{name: "conserver", pkg: "conserver-server", port: 3109, service: "conserver",
			script: `printf "config * {\n}\nconsole x { type exec; exec \"sleep 1000\"; master localhost; rw *; }\naccess * { trusted 198.18.0.0/15; }\n" >$D/c; exec conserver -C $D/c -p $P -b $((P + 1)) -M $A -U x -n -v -P $D/p`},
		{name: "nuttcp", pkg: "nuttcp", port: 5000, service: "nuttcp", product: "nuttcp", version: packaged, script: `exec nuttcp -S --nofork -P$P`},
		{name: "amandad", pkg: "amanda-common", udp: true, port: 10080, service: "amanda", product: "Amanda",
			script: `cp /etc/hosts $D/h; echo "198.19.255.1 lab.example" >>$D/h; mount --bind $D/h /etc/hosts; printf "hosts: files\npasswd: files\n" >$D/n; mount --bind $D/n /etc/nsswitch.conf
` + strings.Replace(xinetd("amanda", "dgram", "server = /usr/lib/amanda/amandad\n server_args = -auth=bsd amdump"), "user = root", "user = backup", 1)},
		{name: "searchd", pkg: "sphinxsearch", port: 9312, service: "sphinx", script: searchd("$A:$P", "$A:$((P + 1000)):mysql41")},
		{name: "searchd for MySQL", pkg: "sphinxsearch", port: 9306, service: "mysql", product: "Sphinx", version: packaged, script: searchd("$A:$((P + 1000))", "$A:$P:mysql41")},
		{name: "uhub", pkg: "uhub", port: 1511, service: "adc", product: "uhub", version: packaged, script: `printf "server_port=$P\nserver_bind_addr=$A\nhub_name=x\n" >$D/c; exec uhub -c $D/c`},
		{name: "liquidsoap", pkg: "liquidsoap", port: 1234, service: "liquidsoap", product: "Liquidsoap", version: packaged,
			script: `printf "settings.server.telnet.set(true)\nsettings.server.telnet.bind_addr.set(\"$A\")\nsettings.server.telnet.port.set($P)\nsettings.init.allow_root.set(true)\noutput.dummy(blank())\n" >$D/x.liq; exec liquidsoap $D/x.liq`},
		{name: "barrier", pkg: "barrier", port: 24800, fixed: true, service: "synergy", product: "Barrier",
			script: `printf "section: screens\n x:\nend\n" >$D/c; Xvfb :77 -nolisten tcp & sleep 2; export DISPLAY=:77 HOME=$D; exec barriers -f --no-tray --disable-crypto -a $A:$P -n x -c $D/c`},
		{name: "transmission dht", pkg: "transmission-daemon", udp: true, port: 51413, service: "bittorrent-dht",
			script: `exec transmission-daemon -f -g $D -P $P -i $A -p $((P - 1000)) -r $A --dht`},
		{name: "mumble udp", pkg: "mumble-server", udp: true, port: 64738, service: "mumble", product: "Murmur",
			script: `printf "database=$D/db\nhost=$A\nport=$P\nlogfile=\n" >$D/c; exec murmurd -fg -ini $D/c`},
		{name: "nrpe over TLS", pkg: "nagios-nrpe-server", port: 5666, service: "tls", tls: true, // without a certificate, which no client of today takes
			script: `printf "server_port=$P\nserver_address=$A\nnrpe_user=nobody\nnrpe_group=nogroup\nallowed_hosts=198.18.0.0/15\n" >$D/c; exec nrpe -f -c $D/c`},
		{name: "h2 database", pkg: "libh2-java", port: 9092, service: "h2-database", product: "H2",
			script: `exec java -Xmx64m -cp "/usr/share/java/h2.jar:/usr/share/java/*" org.h2.tools.Server -tcp -tcpPort $P -tcpAllowOthers`},
		{name: "ypserv", pkg: "ypserv", port: 834, service: "ypserv",
			script: `mount -t tmpfs none /run; rpcbind -w; domainname x; mkdir -p /var/yp/x; exec ypserv -d -p $P`},
	}
}

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

func i2pd(protocol string) string {
	return `exec i2pd --datadir=$D --http.enabled=0 --httpproxy.enabled=0 --socksproxy.enabled=0 --` + map[string]string{"sam": "bob", "bob": "sam"}[protocol] + `.enabled=0 --` + protocol + `.enabled=1 --` + protocol + `.address=$A --` + protocol + `.port=$P`
}

func searchd(listen ...string) string {
	return `printf "index x\n{\n type = rt\n path = $D/x\n rt_field = a\n rt_attr_uint = b\n}\nsearchd\n{\n listen = ` + listen[0] + `\n listen = ` + listen[1] + `\n log = $D/l\n query_log = $D/q\n pid_file = $D/pid\n binlog_path =\n workers = threads\n}\n" >$D/c; exec searchd --nodetach -c $D/c`
}
