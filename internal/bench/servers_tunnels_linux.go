package main

// tunnelServers are proxies and VPNs.
func tunnelServers() []verifyServer {
	return []verifyServer{
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
		{name: "openvpn udp", pkg: "openvpn", udp: true, port: 1194, service: "openvpn", script: openvpnServer("udp")},
		{name: "vtund", pkg: "vtun", port: 32373, fixed: true, service: "vtun", product: "VTun",
			script: `printf "options { port $P; }\nx { passwd x; type tun; proto tcp; }\n" >$D/c; exec vtund -s -n -f $D/c -P $P`},
		{name: "xl2tpd", pkg: "xl2tpd", udp: true, port: 1701, service: "l2tp",
			script: `printf "[global]\nport = $P\nlisten-addr = $A\n[lns default]\nip range = 198.18.0.10-198.18.0.20\nlocal ip = 198.18.0.1\n" >$D/c; : >$D/s; exec xl2tpd -D -c $D/c -s $D/s -p $D/pid -C $D/control`},
		{name: "charon", pkg: "strongswan-charon", udp: true, port: 500, fixed: true, service: "isakmp",
			script: `printf "charon {\n install_routes = no\n routing_table = 0\n}\n" >$D/c; STRONGSWAN_CONF=$D/c exec /usr/lib/ipsec/charon`},
		{name: "i2pd sam", pkg: "i2pd", port: 7656, service: "i2p-sam", script: i2pd("sam")},
		{name: "i2pd bob", pkg: "i2pd", port: 2827, service: "i2p-bob", script: i2pd("bob")},
		{name: "openssl dtls", pkg: "openssl", port: 4433, service: "dtls", udp: true,
			script: `exec openssl s_server -dtls -accept $A:$P -cert $CERT -key $KEY -quiet`},
		{name: "c-icap", pkg: "c-icap", port: 1344, service: "icap", product: "C-ICAP", version: packaged,
			script: `printf "Port $A:$P\nPidFile $D/pid\nCommandsSocket $D/s\nServerLog $D/l\nAccessLog $D/a\nUser root\nGroup root\nTmpDir $D\nModulesDir /usr/lib/x86_64-linux-gnu/c_icap\nServicesDir /usr/lib/x86_64-linux-gnu/c_icap\nService echo srv_echo.so\n" >$D/c; exec c-icap -N -D -f $D/c`},
	}
}

func i2pd(protocol string) string {
	return `exec i2pd --datadir=$D --http.enabled=0 --httpproxy.enabled=0 --socksproxy.enabled=0 --` + map[string]string{"sam": "bob", "bob": "sam"}[protocol] + `.enabled=0 --` + protocol + `.enabled=1 --` + protocol + `.address=$A --` + protocol + `.port=$P`
}

func openvpnServer(proto string) string {
	return `exec openvpn --mode server --tls-server --proto ` + proto + ` --local $A --port $P --dev tun --ifconfig 10.8.0.1 10.8.0.2 --ca $CERT --cert $CERT --key $KEY --dh none --topology p2p --data-ciphers AES-256-GCM`
}
