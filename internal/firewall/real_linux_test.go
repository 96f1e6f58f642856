package firewall

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// claim is what is expected of a port.
type claim struct {
	addr    string
	proto   string
	port    uint16
	verdict Verdict
	from    string // of VerdictPartly
}

// checkReal asks about ports, and then really connects to all of them.
func (l *lab) checkReal(t *testing.T, claims []claim) {
	t.Helper()
	topo, h, err := l.topology()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range claims {
		r := topo.Judge(h, []Question{{Addr: mustAddr(c.addr), Proto: c.proto, Port: c.port}})[0]
		if from := fmt.Sprint(r.from()); r.Verdict != c.verdict || c.from != "" && from != c.from {
			t.Errorf("%s %s:%d: %v from %s, want %v from %s; rule %q, why %q", c.proto, c.addr, c.port, r.Verdict, from, c.verdict, c.from, r.Decision().String(), r.Why())
		}
	}
	var probes []probe
	for s := range labSources {
		for _, d := range labDests {
			for _, port := range labPorts {
				probes = append(probes, probe{s, d, "tcp", port}, probe{s, d, "udp", port})
			}
		}
	}
	a := agreement{lab: l}
	disagreement, err := a.compare(probes)
	if err != nil || disagreement != "" {
		t.Errorf("%s %v", disagreement, err)
	}
	t.Logf("%d probes, %d accepted, %d dropped, %d rejected, %d cannot be told", a.probes, a.got[VerdictAccept], a.got[VerdictDrop], a.got[VerdictReject], a.unknown)
}

// checkOpeningRule asks what would open a port.
func (l *lab) checkOpeningRule(t *testing.T, q Question, want string) {
	t.Helper()
	topo, h, err := l.topology()
	if err != nil {
		t.Fatal(err)
	}
	if got := topo.OpeningRule(h, q); got != want {
		t.Errorf("%v: opened by %q, want %q", q, got, want)
	}
}

// need skips the test where programs are missing.
func need(t *testing.T, programs ...string) {
	t.Helper()
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Skip(err)
		}
	}
}

// TestUfw lets Debian's ufw write its rules, with its files bound to copies.
func TestUfw(t *testing.T) {
	need(t, "ufw", "unshare", "iptables")
	inLab(t, func(l *lab) {
		if err := l.enter(l.target); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		script := `set -e
cp -a /etc/ufw ` + dir + `/ufw
cp /etc/default/ufw ` + dir + `/default
mount --bind ` + dir + `/ufw /etc/ufw
mount --bind ` + dir + `/default /etc/default/ufw
ufw --force enable
ufw allow 22/tcp
ufw allow from 198.18.9.0/24 to any port 80 proto tcp
ufw limit 443/tcp
ufw deny in on ta to any port 53
ufw allow 53
ufw reject 1000/udp
`
		if err := l.run(script, "unshare", "--mount", "sh"); err != nil {
			t.Skip(err)
		}
		l.checkReal(t, []claim{
			{"0.0.0.0", "tcp", 22, VerdictAccept, ""},
			{"::", "tcp", 22, VerdictAccept, ""},
			{"0.0.0.0", "tcp", 80, VerdictPartly, "[198.18.9.0/24]"},
			{"::", "tcp", 80, VerdictDrop, ""},
			{"0.0.0.0", "tcp", 443, VerdictAccept, ""},
			{"198.18.1.1", "tcp", 8080, VerdictDrop, ""},
			{"0.0.0.0", "udp", 1000, VerdictReject, ""},
		})
		l.checkOpeningRule(t, Question{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 8080}, "ufw allow 8080/tcp")
	})
}

// TestFirewalld lets Debian's firewalld write its rules, on a bus of its own.
func TestFirewalld(t *testing.T) {
	need(t, "firewalld", "firewall-cmd", "dbus-daemon", "unshare")
	inLab(t, func(l *lab) {
		if err := l.enter(l.target); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		bus := `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path=` + dir + `/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
`
		if err := os.WriteFile(filepath.Join(dir, "bus.conf"), []byte(bus), 0o600); err != nil {
			t.Fatal(err)
		}
		// The daemon takes its rules with it, so that it is asked while it runs.
		script := `set -e
cd ` + dir + `
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=` + dir + `/bus
dbus-daemon --config-file=bus.conf --nofork --nopidfile 2>bus.log &
bus=$!
cp -a /etc/firewalld config
sed -i 's/^CleanupOnExit=.*/CleanupOnExit=no/' config/firewalld.conf
firewalld --nofork --nopid --system-config ` + dir + `/config --log-file ` + dir + `/log &
daemon=$!
for i in $(seq 120); do firewall-cmd --state >state 2>&1 && break; sleep 0.25; done
ok=0
firewall-cmd --zone=public --add-interface=ta &&
firewall-cmd --zone=public --add-port=8080/tcp &&
firewall-cmd --zone=internal --add-source=198.18.9.0/24 &&
firewall-cmd --zone=internal --add-port=80/tcp &&
firewall-cmd --zone=dmz --add-interface=tb &&
firewall-cmd --zone=dmz --add-rich-rule='rule family="ipv4" source address="198.18.2.0/24" port port="443" protocol="tcp" accept' &&
firewall-cmd --zone=public --add-forward-port=port=8443:proto=tcp:toport=80:toaddr=198.18.3.2 || ok=1
kill $daemon $bus
wait
exit $ok
`
		if err := l.run(script, "sh"); err != nil {
			t.Skip(err)
		}
		l.checkReal(t, []claim{
			{"198.18.1.1", "tcp", 22, VerdictAccept, ""},
			{"0.0.0.0", "tcp", 30000, VerdictReject, ""},
		})
		l.checkOpeningRule(t, Question{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 30000}, "") // each zone has a rule of its own
	})
}

// TestDockerRules loads what docker writes for a container with three published
// ports on a host that otherwise lets in ssh only.
func TestDockerRules(t *testing.T) {
	for _, tool := range []string{"iptables-nft-restore", "iptables-legacy-restore"} {
		t.Run(tool, func(t *testing.T) {
			need(t, tool)
			inLab(t, func(l *lab) {
				l.loadFile(t, tool, "docker.rules")
				l.checkReal(t, []claim{
					{"0.0.0.0", "tcp", 22, VerdictAccept, ""},
					{"198.18.1.1", "tcp", 8443, VerdictDrop, ""},
					{"198.18.2.1", "udp", 5353, VerdictAccept, ""}, // not from other containers, which are not outside
					{"0.0.0.0", "tcp", 80, VerdictDrop, ""},
				})
				program := map[string]string{"iptables-nft-restore": "iptables", "iptables-legacy-restore": "iptables-legacy"}[tool]
				l.checkOpeningRule(t, Question{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 443}, program+" -t filter -I INPUT 3 -p tcp --dport 443 -j ACCEPT")
				topo, h, err := l.topology()
				if err != nil {
					t.Fatal(err)
				}
				r := topo.Judge(h, []Question{{Addr: mustAddr("0.0.0.0"), Proto: "tcp", Port: 8080}})[0]
				if r.Verdict != VerdictPartly || !strings.Contains(r.Decision().String(), "filter DOCKER handle") {
					t.Errorf("a published port: %v by %s", r.Verdict, r.Decision().String())
				}
				for _, p := range r.pieces() {
					if p.Verdict == VerdictAccept && p.To.String() != "198.18.3.2:80" {
						t.Errorf("led to %v", p.To)
					}
				}
			})
		})
	}
}

// TestKubeProxyRules loads what kube-proxy writes for a service with two
// endpoints, in both of its modes.
func TestKubeProxyRules(t *testing.T) {
	for _, mode := range []struct{ tool, file string }{{"iptables-nft-restore", "kube-proxy.rules"}, {"iptables-legacy-restore", "kube-proxy.rules"}, {"nft", "kube-proxy.nft"}} {
		t.Run(mode.tool, func(t *testing.T) {
			need(t, mode.tool)
			inLab(t, func(l *lab) {
				l.loadFile(t, mode.tool, mode.file)
				l.checkReal(t, []claim{
					{"0.0.0.0", "tcp", 30000, VerdictAccept, ""},
					{"198.18.1.1", "tcp", 1000, VerdictReject, ""},
					{"0.0.0.0", "tcp", 22, VerdictAccept, ""},
				})
			})
		})
	}
}

func (l *lab) loadFile(t *testing.T, tool, name string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := l.load(script{tool, string(b)}); err != nil {
		t.Fatal(err)
	}
}

// TestLargeSet asks about a set of 10,000 addresses.
func TestLargeSet(t *testing.T) {
	inLab(t, func(l *lab) {
		var list []string
		for n := range 9998 {
			list = append(list, fmt.Sprintf("198.19.%d.%d", n/250, 1+n%250))
		}
		list = append(list, "198.18.9.9", "198.18.2.2")
		rules := "table inet filter {\nset blocked {\ntype ipv4_addr\nelements = { " + strings.Join(list, ", ") + " }\n}\nchain input {\ntype filter hook input priority 0\nip saddr @blocked drop\n}\n}\n"
		if err := l.load(script{"nft", rules}); err != nil {
			t.Fatal(err)
		}
		l.checkReal(t, []claim{{"::", "tcp", 22, VerdictAccept, ""}})
	})
}
