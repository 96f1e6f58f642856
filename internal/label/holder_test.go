package label

import (
	"cmp"
	"net/netip"
	"strings"
	"testing"

	"porthole/registry"
	"porthole/sockets"
)

// TestHolderOutweighs checks which service a socket is said to have, and by whom.
func TestHolderOutweighs(t *testing.T) {
	services := new(registry.Registry)
	if err := services.Load(strings.NewReader("shop 9001/tcp\n"), "services"); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		proto         string
		port          uint16
		name, cmdline string
		want          string // service, by, commonly, iana
	}{
		{"tcp", 9000, "minio", "minio server", "minio holder - cslistener"},
		{"tcp", 9000, "python3", "python3 -m http.server 9000", "- - minio cslistener"},
		{"tcp", 9000, "docker-proxy", "", "minio common - cslistener"},
		{"tcp", 9000, "", "", "minio common - cslistener"},
		{"tcp", 9000, "clickhouse", "", "clickhouse holder minio cslistener"},
		{"tcp", 6380, "redis-server", "/usr/bin/redis-server", "redis holder - -"},
		{"tcp", 8080, "redis-server", "/usr/bin/redis-server", "redis holder - http-alt"},
		{"tcp", 8080, "python3", "python3 app.py", "http-alt registered - -"},
		{"tcp", 5432, "python3", "python3 app.py", "- - - postgresql"},
		{"tcp", 5432, "ssh", "ssh -L 5432:db:5432", "postgresql registered - -"},
		{"tcp", 2380, "etcd", "etcd", "etcd-server registered - -"},
		{"tcp", 5433, "postgres", "/usr/lib/postgresql/15/bin/postgres -D x", "postgresql holder - pyrrho"},
		{"tcp", 33060, "mysqld", "mysqld", "mysqlx registered - -"},
		{"tcp", 5671, "beam.smp", "beam.smp -sname rabbit@h", "amqps registered - -"},
		{"tcp", 5673, "beam.smp", "beam.smp -sname rabbit@h", "rabbitmq holder - jms"},
		{"tcp", 11211, "memcached", "memcached", "memcached registered - memcache"},
		{"tcp", 11211, "python3", "python3 app.py", "- - - memcache"},
		{"tcp", 9001, "python3", "python3 app.py", "shop services - etlservicemgr"},
		{"udp", 50000, "redis-server", "/usr/bin/redis-server", "- - - -"},
		{"udp", 53, "dnsmasq", "dnsmasq", "domain registered - -"},
	} {
		s := sockets.Socket{Proto: test.proto, State: sockets.StateListen, Local: netip.AddrPortFrom(netip.IPv4Unspecified(), test.port),
			Processes: []sockets.Process{{PID: 1, Name: test.name, Cmdline: strings.Fields(test.cmdline)}}}
		r := Socket(services, s, make(Processes))
		got := ""
		for _, word := range []string{r.Service, r.ServiceBy, r.Commonly, r.IANA} {
			if word == "" {
				word = "-"
			}
			got += " " + word
		}
		if got[1:] != test.want {
			t.Errorf("%s on %d is %q, want %q", test.name, test.port, got[1:], test.want)
		}
	}
}

// TestKernelOutweighs: what the kernel has is known, whatever the number says.
func TestKernelOutweighs(t *testing.T) {
	for _, test := range []struct {
		proto  string
		port   uint16
		kernel string
		want   string // service, by, commonly, iana
	}{
		{"udp", 4789, "vxlan vx0", "vxlan registered - -"},
		{"udp", 8472, "vxlan flannel.1", "vxlan holder flannel otv"},
		{"udp", 51820, "wireguard wg0", "wireguard holder - -"},
		{"tcp", 6379, "mptcp endpoint", "- - - redis"},
		{"tcp", 34567, "nlockmgr, as rpcbind says", "nlockmgr holder - dhanalakshmi"},
		{"tcp", 4045, "lockd", "nlockmgr holder - npp"},
		{"tcp", 2049, "nfsd", "nfs registered - -"},
		{"tcp", 33333, "nfs callback", "- - - dgi-serv"},
		{"tcp", 6379, "", "redis registered - -"},
	} {
		s := sockets.Socket{Proto: test.proto, State: sockets.StateListen, Local: netip.AddrPortFrom(netip.IPv4Unspecified(), test.port), Kernel: test.kernel}
		r := Socket(new(registry.Registry), s, make(Processes))
		var got []string
		for _, word := range []string{r.Service, r.ServiceBy, r.Commonly, r.IANA} {
			got = append(got, cmp.Or(word, "-"))
		}
		if text := strings.Join(got, " "); text != test.want {
			t.Errorf("%s on %d is %q, want %q", test.kernel, test.port, text, test.want)
		}
	}
}
