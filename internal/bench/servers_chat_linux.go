package main

// chatServers carry words, voices, music and shared files between people.
func chatServers() []verifyServer {
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
		{name: "bitlbee", pkg: "bitlbee", port: 6667, service: "irc", product: "BitlBee", script: `mkdir $D/u; exec bitlbee -n -D -i $A -p $P -d $D/u -c /dev/null`},
		{name: "quassel", pkg: "quassel-core", port: 4242, service: "quassel", script: `exec quasselcore --configdir=$D --listen=$A --port=$P`},
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
		{name: "kamailio udp", pkg: "kamailio", udp: true, port: 5060, service: "sip", product: "kamailio", version: packaged, script: kamailio("udp")},
		{name: "coturn", pkg: "coturn", port: 3478, service: "stun", product: "Coturn", version: packaged,
			script: `exec turnserver -n --listening-ip=$A --listening-port=$P --no-udp --no-cli --db $D/db --log-file stdout --pidfile $D/pid`},
		{name: "coturn udp", pkg: "coturn", udp: true, port: 3478, service: "stun", product: "Coturn", version: packaged,
			script: `exec turnserver -n --listening-ip=$A --listening-port=$P --no-tcp --no-cli --db $D/db --log-file stdout --pidfile $D/pid`},
		{name: "mumble", pkg: "mumble-server", port: 64738, service: "mumble", product: "Murmur", version: packaged, tls: true,
			script: `printf "database=$D/db\nhost=$A\nport=$P\nlogfile=\nsslCert=$CERT\nsslKey=$KEY\n" >$D/c; exec murmurd -fg -ini $D/c`},
		{name: "mumble udp", pkg: "mumble-server", udp: true, port: 64738, service: "mumble", product: "Murmur",
			script: `printf "database=$D/db\nhost=$A\nport=$P\nlogfile=\n" >$D/c; exec murmurd -fg -ini $D/c`},
		{name: "uhub", pkg: "uhub", port: 1511, service: "adc", product: "uhub", version: packaged, script: `printf "server_port=$P\nserver_bind_addr=$A\nhub_name=x\n" >$D/c; exec uhub -c $D/c`},
		{name: "mpd", pkg: "mpd", port: 6600, service: "mpd",
			script: `printf 'music_directory "%s"\nbind_to_address "%s"\nport "%s"\nlog_file "%s/log"\naudio_output {\n type "null"\n name "x"\n}\n' $D $A $P $D >$D/c; exec mpd --no-daemon $D/c`},
		{name: "pulseaudio", pkg: "pulseaudio", port: 4713, service: "pulseaudio",
			script: `mkdir $D/r; export HOME=$D XDG_RUNTIME_DIR=$D/r PULSE_RUNTIME_PATH=$D/r
exec pulseaudio -n --daemonize=no --system=no --exit-idle-time=-1 --disable-shm -L "module-native-protocol-tcp listen=$A port=$P" -L module-null-sink`},
		{name: "snapserver", pkg: "snapserver", port: 1705, fixed: true, service: "snapcast", product: "Snapserver", version: packaged,
			script: `mkfifo $D/f; exec snapserver -s "pipe://$D/f?name=x" --stream.bind_to_address=$A --stream.port=$((P + 1000)) --tcp.bind_to_address=$A --tcp.port=$P --http.enabled=false --server.datadir=$D --server.user=root --server.group=root`},
		{name: "snapserver stream", pkg: "snapserver", port: 1704, service: "snapcast-stream",
			script: `mkfifo $D/f; exec snapserver -s "pipe://$D/f?name=x" --stream.bind_to_address=$A --stream.port=$P --tcp.enabled=false --http.enabled=false --server.datadir=$D --server.user=root --server.group=root`},
		{name: "liquidsoap", pkg: "liquidsoap", port: 1234, service: "liquidsoap", product: "Liquidsoap", version: packaged,
			script: `printf "settings.server.telnet.set(true)\nsettings.server.telnet.bind_addr.set(\"$A\")\nsettings.server.telnet.port.set($P)\nsettings.init.allow_root.set(true)\noutput.dummy(blank())\n" >$D/x.liq; exec liquidsoap $D/x.liq`},
		{name: "transmission dht", pkg: "transmission-daemon", udp: true, port: 51413, service: "bittorrent-dht",
			script: `exec transmission-daemon -f -g $D -P $P -i $A -p $((P - 1000)) -r $A --dht`},
	}
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
