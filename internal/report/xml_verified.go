package report

import (
	"strings"

	"porthole/internal/record"
)

// verified writes a service that was proved, as nmap writes what its probes found:
// TLS from the first byte is the tunnel "ssl".
func (x *xmlWriter) verified(v *record.Verified) {
	x.put(`<service name="{}"`, nmapName(v.Service))
	x.putIf(` product="{}"`, v.Product)
	x.putIf(` version="{}"`, v.Version)
	x.putIf(` extrainfo="{}"`, extraInfo(v))
	if v.Transport == "tls" && v.Service != "tls" {
		x.put(` tunnel="ssl"`)
	}
	x.put(` method="probed" conf="10">`)
	x.putIf(`<cpe>{}</cpe>`, cpe(v.Product, v.Version))
	x.put("</service>")
}

func extraInfo(v *record.Verified) string {
	info := v.Info
	if v.ProtocolVersion != "" {
		info = append([]string{"protocol " + v.ProtocolVersion}, info...)
	}
	return strings.Join(info, "; ")
}

// nmapName is the name of a protocol in nmap's formats, which follow IANA's names
// and call TLS ssl. Programs that import them know no others.
func nmapName(protocol string) string {
	for _, n := range []struct{ ours, theirs string }{
		{"tls", "ssl"}, {"dns", "domain"}, {"rdp", "ms-wbt-server"}, {"smb", "microsoft-ds"}, {"mssql", "ms-sql-s"},
		{"x11", "X11"}, {"kerberos", "kerberos-sec"},
	} {
		if n.ours == protocol {
			return n.theirs
		}
	}
	return protocol
}

// cpe names a program in the form of CPE 2.2 (NIST IR 7695 section 6.1); "" where
// vendor and product in NIST's dictionary are not beyond doubt, or the version is
// not told or has what may be a distribution's part in it.
func cpe(product, version string) string {
	if version == "" || strings.Trim(version, "abcdefghijklmnopqrstuvwxyz0123456789.") != "" {
		return ""
	}
	for _, c := range []struct{ product, name string }{
		{"OpenSSH", "openbsd:openssh"},
		{"Apache httpd", "apache:http_server"},
		{"BIND", "isc:bind"},
		{"MariaDB", "mariadb:mariadb"},
		{"Exim", "exim:exim"},
		{"ProFTPD", "proftpd:proftpd"},
		{"Squid", "squid-cache:squid"},
		{"lighttpd", "lighttpd:lighttpd"},
		{"memcached", "memcached:memcached"},
		{"Apache Tomcat", "apache:tomcat"},
		{"Jenkins", "jenkins:jenkins"},
		{"Grafana", "grafana:grafana"},
		{"Prometheus", "prometheus:prometheus"},
		{"Redis", "redis:redis"},
		{"mosquitto", "eclipse:mosquitto"},
		{"Unbound", "nlnetlabs:unbound"},
		{"dnsmasq", "thekelleys:dnsmasq"},
		{"MongoDB", "mongodb:mongodb"},
		{"Apache ZooKeeper", "apache:zookeeper"},
	} {
		if c.product == product {
			return "cpe:/a:" + c.name + ":" + version
		}
	}
	return ""
}
