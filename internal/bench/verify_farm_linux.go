package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"porthole/internal/netlab"
)

// farm is the servers that run, each in a process namespace of its own, so that
// whatever they start ends with them.
type farm struct {
	side  *netlab.Namespace
	dir   string
	mu    sync.Mutex
	ports []*verifyPort
	procs []*exec.Cmd
}

// verifyPort is a port where a server of the list answers.
type verifyPort struct {
	server  verifyServer
	addr    netip.AddrPort
	udp     bool
	usual   bool
	version string // the truth; "" where the server does not say
}

func (p *verifyPort) proto() string {
	if p.udp {
		return "udp"
	}
	return "tcp"
}

func newFarm(side *netlab.Namespace) (*farm, error) {
	dir, err := os.MkdirTemp("", "porthole-verify")
	if err != nil {
		return nil, err
	}
	f := &farm{side: side, dir: dir}
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, err
	}
	return f, f.makeCertificate()
}

// makeCertificate writes a certificate of an elliptic curve, for a year.
func (f *farm) makeCertificate() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "lab.example"}, DNSNames: []string{"lab.example"},
		IPAddresses: []net.IP{net.IPv4(198, 18, 1, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(1, 0, 0),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	certText := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})
	keyText := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	for name, text := range map[string][]byte{"cert.pem": certText, "key.pem": keyText, "both.pem": append(append([]byte{}, keyText...), certText...)} {
		if err := os.WriteFile(filepath.Join(f.dir, name), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// startAll starts what is installed, a few at a time, and tells what is not.
func (f *farm) startAll(servers []verifyServer, only string) {
	free := make(chan struct{}, 6)
	var wg sync.WaitGroup
	var missing []string
	for i, s := range servers {
		if !wanted(s.name, only) {
			continue
		}
		version, err := packageVersion(s.pkg)
		if err != nil {
			missing = append(missing, s.pkg)
			continue
		}
		if s.version != packaged {
			version = s.version
		}
		for _, number := range []int{s.port, unusual(i)} {
			if s.fixed && number != s.port {
				continue
			}
			addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{198, 18, 1, byte(i + 1)}), uint16(number))
			p := &verifyPort{server: s, addr: addr, udp: s.udp, usual: number == s.port, version: version}
			free <- struct{}{}
			wg.Go(func() {
				defer func() { <-free }()
				if err := f.start(p); err != nil {
					fmt.Fprintf(os.Stderr, "bench: %s at %v: %v\n", s.name, addr, err)
				}
			})
		}
	}
	wg.Wait()
	fmt.Fprintf(os.Stderr, "bench: %d ports are served\n", len(f.ports))
	if len(missing) > 0 {
		fmt.Fprintln(os.Stderr, "bench: not installed:", strings.Join(missing, " "))
	}
}

// unusual is a number that is registered for nothing that is in the list.
func unusual(i int) int { return 31000 + 7*i }

// start runs the server's script and waits until it listens.
func (f *farm) start(p *verifyPort) error {
	dir := filepath.Join(f.dir, fmt.Sprintf("%s-%s-%d", p.server.dirName(), p.proto(), p.addr.Port()))
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	if err := os.Chmod(dir, 0o777); err != nil {
		return err
	}
	// The outer shell is the init of the process namespace: all ends with it, and
	// it keeps the rights that its own end at ours depends on.
	cmd := f.side.Command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", `sh -c "$SCRIPT" & wait`)
	cmd.Dir = dir // some write where they start
	script := "ip address add $A/32 dev lo 2>/dev/null\n" + p.server.script
	cmd.Env = append(os.Environ(), "SCRIPT="+script, "A="+p.addr.Addr().String(), fmt.Sprintf("P=%d", p.addr.Port()), "D="+dir,
		"CERT="+filepath.Join(f.dir, "cert.pem"), "KEY="+filepath.Join(f.dir, "key.pem"), "PEM="+filepath.Join(f.dir, "both.pem"), "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/usr/games")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { cmd.Wait(); close(ended) }()
	f.mu.Lock()
	f.procs = append(f.procs, cmd)
	f.mu.Unlock()
	const patience = 40 * time.Second
	for began := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		if f.listens(p) {
			f.mu.Lock()
			f.ports = append(f.ports, p)
			f.mu.Unlock()
			return nil
		}
		select {
		case <-ended:
			return fmt.Errorf("it ended: %s", lastOf(output.String(), 600))
		default:
		}
		if time.Since(began) > patience {
			return fmt.Errorf("it does not listen after %v", patience)
		}
	}
}

// dirName is the name of the case as a part of a file's name.
func (s verifyServer) dirName() string {
	return strings.NewReplacer(" ", "-", ",", "", "/", "").Replace(s.name)
}

func lastOf(text string, n int) string {
	if len(text) > n {
		text = text[len(text)-n:]
	}
	return strings.TrimSpace(text)
}

// listens reads the kernel's tables, since a connection would count for some
// servers.
func (f *farm) listens(p *verifyPort) bool {
	kind := "-Hltn"
	if p.udp {
		kind = "-Hlun"
	}
	out, err := f.side.Command("ss", kind, fmt.Sprintf("sport = :%d", p.addr.Port())).Output()
	if err != nil {
		return false
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		at := fields[3]
		if strings.HasPrefix(at, p.addr.Addr().String()+":") || strings.HasPrefix(at, "0.0.0.0:") || strings.HasPrefix(at, "*:") || strings.Contains(at, "["+p.addr.Addr().String()) ||
			strings.HasPrefix(at, "[::]:") || strings.Contains(at, "::ffff:"+p.addr.Addr().String()) {
			return true
		}
	}
	return false
}

// close ends every server that was started, and waits.
func (f *farm) close() {
	for _, cmd := range f.procs {
		syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	}
	os.RemoveAll(f.dir)
}

// packageVersion is the version of the program in an installed package, without
// what Debian adds.
func packageVersion(name string) (string, error) {
	out, err := exec.Command("dpkg-query", "-W", "-f", "${db:Status-Abbrev} ${Version}", name).Output()
	if err != nil {
		return "", err
	}
	status, version, _ := strings.Cut(string(out), " ")
	if !strings.HasPrefix(status, "ii") {
		return "", fmt.Errorf("%s is not installed", name)
	}
	version = strings.TrimSpace(version)
	if _, rest, ok := strings.Cut(version, ":"); ok { // an epoch
		version = rest
	}
	if i := strings.LastIndex(version, "-"); i > 0 {
		version = version[:i]
	}
	for _, mark := range []string{"+dfsg", "+ds", "+repack", "+really", "~", "-"} {
		version, _, _ = strings.Cut(version, mark)
	}
	return version, nil
}

// sigContext ends when the program is told to.
func sigContext() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	return ctx
}

// wanted reports that name contains one of the words between commas.
func wanted(name, words string) bool {
	for w := range strings.SplitSeq(words, ",") {
		if strings.Contains(name, w) {
			return true
		}
	}
	return false
}
