package verify

import "slices"

// protocols is the table of all that can be proved: the documentation in short.
// The order matters twice: among protocols that share a number, and for parsers
// that know an answer by its own words, where the stricter comes first.
func protocols() []*protocol {
	return append([]*protocol{
		// They greet.
		ssh(), smtp(), lmtp(), hylafax(), ftp(), nntp(), dict(), imap(), pop3(), managesieve(), mysql(), vnc(), rsync(), svn(), nats(),
		mumble(), telnet(), timeService(), daytime(), chargen(), quote(), gpsd(), freeswitch(), nbd(), tarantool(), openwire(), zmtp(), ganglia(), qemuMonitor(), qmp(),
		varnishCLI(), icy(), nsca(), bgp(), openflow(), zebraVTY(), ice(), perspectiveBroker(), nanomsg(), powerman(), icecream(), unison(), synergy(), sudoLogs(), vtun(), i2pBOB(), ircRefusal(),
		mailByHello("smtp", "RFC 5321 section 4.1.1.1", ehlo), mailByHello("lmtp", "RFC 2033 section 4.1", lhlo), ftpByFEAT(), imapByTag(), pop3ByList(),

		// They are asked, and known by their own words also when asked for something else.
		tlsProtocol(), clickhouse(), http(), h2c(), rtsp(), spamd(), xmpp(), stomp(), amqp091(), cvs(), relp(), bzr(), icap(), gopher(), nuttcp(), sphinx(), nsq(), h2Database(),

		// They answer only their own request.
		redis(), redisFull(), memcached(), memcachedBinary(), postgresql(), mongodb(), ldap(), smb(), dns(), mqtt(), rdp(), zookeeper(), rpcbind(), x11(),
		socks5(), socks4(), torControl(), fastcgi(), git(), ajp(), irc(), sip(), stun("tcp"), kafka(), mssql(), msrpc(), uwsgi(), openvpn("tcp"), epmd(), erlangDist(),
		zabbixAgent(), zabbixTrapper(), nrpe(), kerberos(), beanstalkd(), gearman(), cassandra(), oracle(), bolt(), clamd(), nut(), spice(), pptp(), minecraft(),
		ident(), finger(), usbip(), gemini(), jdwp(),
		pulseaudio(), snapcast(), snapcastStream(), saned(), hamlib(), javaRMI(), firebird(), quassel(), milter(), libvirt(), apcupsd(), xymon(), iperf3(), haproxyCLI(),
		moosefs(), owserver(), qnetd(), conserver(),
		adc(), liquidsoap(), frp(),
		ovsdb(), giop(), lcdproc(), gkrellm(), i2pSAM(), dicom(), drda(),

		// UDP.
		dnsUDP(), ntp(), snmp(), stun("udp"), sipUDP(), openvpn("udp"), rpcUDP(), nfsUDP(), memcachedUDP(), netbiosNames(), cldap(),
		chrony(), ike(), l2tp(), coap(), kerberosUDP(), xdmcp(), rmcp(), timeUDP(), daytimeUDP(), mdns(), ssdp(), dtls(), amanda(), dht(), mumbleUDP(), tftp(),
	}, greeters()...)
}

// Knows reports whether [Target.Expect] may be name: whether that is a protocol, or
// a program that is known to speak one.
func Knows(name string) bool {
	if name == "" {
		return false
	}
	return harmfulProgram(name) != "" || slices.ContainsFunc(protocols(), func(p *protocol) bool {
		return p.name == name || slices.Contains(p.names, name)
	})
}

// Usual reports whether the number of a port tells a protocol that may be there,
// registered or not.
func Usual(proto string, port uint16) bool {
	return slices.ContainsFunc(protocols(), func(p *protocol) bool {
		if proto == "udp" {
			return slices.Contains(p.udp, port)
		}
		return slices.Contains(p.tcp, port) || slices.Contains(p.tls, port)
	})
}

// tlsProtocol stands for a port that says it wants TLS, in words or by an alert.
func tlsProtocol() *protocol {
	return &protocol{
		name: "tls", spec: "RFC 8446 section 6", unasked: true,
		parse: func(h heard, _ *Service) verdict {
			if wantsTLS(string(h.data)) {
				return yes
			}
			if len(h.data) > 0 && h.data[0] == 22 {
				return no
			}
			if v := readTLS(h.data); v != yes || len(h.data) == 7 {
				return v
			}
			return no
		},
	}
}
