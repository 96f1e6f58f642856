package payload

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/netip"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// servers are the programs that payloads are proved against, as Debian 12
// packages them.
func servers() []server {
	return []server{
		{port: 53, pkg: "dnsmasq-base", binaries: []string{"dnsmasq"}, args: dnsmasq},
		{port: 53, pkg: "unbound", binaries: []string{"unbound"}, args: unbound},
		{port: 69, pkg: "tftpd-hpa", binaries: []string{"in.tftpd"}, root: true, args: tftpd},
		{port: 111, pkg: "rpcbind", binaries: []string{"rpcbind"}, alone: true, fixed: true, args: plain("-f", "-w")},
		{port: 123, pkg: "chrony", binaries: []string{"chronyd"}, root: true, args: chronyd},
		{port: 161, pkg: "snmpd", binaries: []string{"snmpd"}, args: snmpd},
		{port: 443, pkg: "ngtcp2-server", binaries: []string{"gtlsserver"}, args: gtlsserver},
		{port: 500, pkg: "strongswan-charon", binaries: []string{"charon"}, alone: true, fixed: true, args: charon},
		{port: 623, pkg: "openipmi", binaries: []string{"ipmi_sim"}, args: ipmiSim},
		{port: 1194, pkg: "openvpn", binaries: []string{"openvpn"}, args: openvpn},
		{port: 1701, pkg: "xl2tpd", binaries: []string{"xl2tpd"}, root: true, args: xl2tpd},
		{port: 1812, pkg: "freeradius", binaries: []string{"freeradius"}, args: freeradius},
		{port: 3478, pkg: "coturn", binaries: []string{"turnserver"}, args: coturn},
		{port: 4500, pkg: "strongswan-charon", binaries: []string{"charon"}, alone: true, fixed: true, args: charon},
		{port: 5060, pkg: "kamailio", binaries: []string{"kamailio"}, args: kamailio},
		{port: 5683, pkg: "libcoap3-bin", binaries: []string{"coap-server-notls", "coap-server"}, args: coapServer},
		{port: 11211, pkg: "memcached", binaries: []string{"memcached"}, args: memcached},
	}
}

func dnsmasq(_ *testing.T, _ string, at netip.AddrPort) []string {
	return []string{"--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--bind-interfaces", "--pid-file=",
		"--listen-address=" + at.Addr().String(), fmt.Sprintf("--port=%d", at.Port())}
}

func unbound(t *testing.T, dir string, at netip.AddrPort) []string {
	return []string{"-d", "-c", write(t, dir, "conf",
		"server:",
		fmt.Sprintf("  interface: %v@%d", at.Addr(), at.Port()),
		`  chroot: ""`, `  username: ""`, `  pidfile: ""`,
		"  directory: "+dir,
		"  use-syslog: no", "  do-daemonize: no", "  access-control: 127.0.0.0/8 allow",
		"remote-control:", "  control-enable: no")}
}

func tftpd(_ *testing.T, dir string, at netip.AddrPort) []string {
	return []string{"--foreground", "--user", "root", "--address", at.String(), "--secure", dir}
}

func plain(words ...string) func(*testing.T, string, netip.AddrPort) []string {
	return func(*testing.T, string, netip.AddrPort) []string { return words }
}

// chronyd never touches the clock: -x.
func chronyd(t *testing.T, dir string, at netip.AddrPort) []string {
	return []string{"-x", "-d", "-u", "root", "-f", write(t, dir, "conf",
		fmt.Sprintf("port %d", at.Port()), "bindaddress "+at.Addr().String(),
		"allow 127.0.0.0/8", "local stratum 10", "cmdport 0", "bindcmdaddress /", "pidfile "+filepath.Join(dir, "pid"))}
}

func snmpd(t *testing.T, dir string, at netip.AddrPort) []string {
	return []string{"-f", "-Lo", "-C", "-c", write(t, dir, "conf", "rocommunity secret 127.0.0.1"), "udp:" + at.String()}
}

func gtlsserver(t *testing.T, dir string, at netip.AddrPort) []string {
	cert, key := certificate(t, dir)
	return []string{"--quiet", at.Addr().String(), strconv.Itoa(int(at.Port())), key, cert}
}

// charon leaves the routes alone, even in a namespace of its own.
func charon(t *testing.T, dir string, _ netip.AddrPort) []string {
	write(t, dir, "conf", "charon {", " install_routes = no", " routing_table = 0", "}")
	return nil
}

func ipmiSim(t *testing.T, dir string, at netip.AddrPort) []string {
	conf := write(t, dir, "lan.conf",
		`name "test"`,
		"set_working_mc 0x20",
		"startlan 1",
		fmt.Sprintf("  addr %v %d", at.Addr(), at.Port()),
		"  priv_limit admin",
		"  allowed_auths_callback none md2 md5 straight",
		"  guid a123456789abcdefa123456789abcdef",
		"endlan")
	commands := write(t, dir, "emu", "mc_setbmc 0x20", "mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr", "mc_enable 0x20")
	return []string{"-c", conf, "-f", commands, "-s", dir, "-n"}
}

func openvpn(t *testing.T, dir string, at netip.AddrPort) []string {
	cert, key := certificate(t, dir)
	return []string{"--dev", "null", "--proto", "udp", "--tls-server", "--dh", "none",
		"--local", at.Addr().String(), "--lport", strconv.Itoa(int(at.Port())),
		"--ca", cert, "--cert", cert, "--key", key}
}

func xl2tpd(t *testing.T, dir string, at netip.AddrPort) []string {
	conf := write(t, dir, "conf", "[global]",
		fmt.Sprintf("port = %d", at.Port()), "listen-addr = "+at.Addr().String(),
		"[lns default]", "ip range = 198.18.0.10-198.18.0.20", "local ip = 198.18.0.1")
	return []string{"-D", "-c", conf, "-s", write(t, dir, "secrets"), "-p", filepath.Join(dir, "pid"), "-C", filepath.Join(dir, "control")}
}

func freeradius(t *testing.T, dir string, at netip.AddrPort) []string {
	write(t, dir, "radiusd.conf",
		"client localhost {", " ipaddr = 127.0.0.1", " secret = not-ours", "}",
		"security {", " reject_delay = 0", "}",
		"server default {",
		" listen {", "  type = auth", "  ipaddr = "+at.Addr().String(), fmt.Sprintf("  port = %d", at.Port()), " }",
		" authorize {", " }", " authenticate {", " }",
		"}")
	return []string{"-f", "-l", "stdout", "-d", dir}
}

func coturn(_ *testing.T, dir string, at netip.AddrPort) []string {
	return []string{"-n", "--stun-only", "--no-tcp", "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout",
		"--listening-ip=" + at.Addr().String(), fmt.Sprintf("--listening-port=%d", at.Port()),
		"--relay-ip=" + at.Addr().String(), "--pidfile=" + filepath.Join(dir, "pid"), "--userdb=" + filepath.Join(dir, "db")}
}

func kamailio(t *testing.T, dir string, at netip.AddrPort) []string {
	return []string{"-DD", "-E", "-Y", dir, "-f", write(t, dir, "conf",
		"children=1", "disable_tcp=yes", "listen=udp:"+at.String(),
		`loadmodule "sl.so"`,
		`request_route { sl_send_reply("200", "OK"); exit; }`)}
}

func coapServer(_ *testing.T, _ string, at netip.AddrPort) []string {
	return []string{"-A", at.Addr().String(), "-p", strconv.Itoa(int(at.Port()))}
}

func memcached(_ *testing.T, _ string, at netip.AddrPort) []string {
	return []string{"-u", "root", "-l", at.Addr().String(), "-p", "0", "-U", strconv.Itoa(int(at.Port()))}
}

// certificate writes one for a day, signed by itself, and its key.
func certificate(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "server.test"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
	}
	public, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = write(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: public})))
	key = write(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
	return cert, key
}
