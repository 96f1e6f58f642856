package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"porthole/internal/netlab"
	"porthole/scanner/verify"
)

// verifyRespond is this program being the ports of a thousand hosts.
const verifyRespond = "verify-respond"

const manyHosts = 1000

// manyPorts are the open ports of each of them: one that greets, one that is
// asked for a page, one that is asked for a word.
func manyPorts() []uint16 { return []uint16{22, 80, 6379} }

// respond listens on the ports of every address of its namespace, until its
// input ends. An address that ends with 0 accepts connections and is silent.
func respond() error {
	for _, port := range manyPorts() {
		l, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", port))
		if err != nil {
			return err
		}
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				go serveMany(conn, port)
			}
		}()
	}
	fmt.Println("ready")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

func serveMany(conn net.Conn, port uint16) {
	defer conn.Close()
	local, err := netip.ParseAddrPort(conn.LocalAddr().String())
	if err != nil {
		return
	}
	if silentHost(local.Addr()) {
		io.Copy(io.Discard, conn)
		return
	}
	in := bufio.NewReader(conn)
	switch port {
	case 22:
		io.WriteString(conn, "SSH-2.0-OpenSSH_9.2p1\r\n")
		io.Copy(io.Discard, in)
	case 80:
		for line := " "; strings.TrimSpace(line) != ""; {
			if line, err = in.ReadString('\n'); err != nil {
				return
			}
		}
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
	case 6379:
		io.WriteString(conn, "-NOAUTH Authentication required.\r\n")
		io.Copy(io.Discard, in)
	}
}

// measureMany is the time for 1,000 hosts with 3 open ports each, 20 ms away,
// one in ten silent, beside a plain scan of the same ports.
func measureMany() (table string, err error) {
	dir, err := os.MkdirTemp("", "porthole-bench")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	porthole := filepath.Join(dir, "porthole")
	if err := buildPorthole(porthole); err != nil {
		return "", err
	}
	lab, err := netlab.New(netlab.Config{Delay: 10 * time.Millisecond})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, lab.Close()) }()
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	server := lab.Target().Command(self, verifyRespond)
	hold, err := server.StdinPipe()
	if err != nil {
		return "", err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return "", err
	}
	server.Stderr = os.Stderr
	if err := server.Start(); err != nil {
		return "", err
	}
	defer func() { hold.Close(); server.Wait() }()
	if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		return "", err
	}
	scan := func(more ...string) (string, time.Duration, error) {
		began := time.Now()
		cmd := lab.Scanner().Command(porthole, append([]string{"scan", "-q", "-p", "22,80,6379", "-o", "jsonl", "198.18.16.0-198.18.19.231"}, more...)...)
		cmd.Stderr = os.Stderr
		found, err := cmd.Output()
		return string(found), time.Since(began), err
	}
	found, plain, err := scan()
	if err != nil {
		return "", err
	}
	verified, took, err := scan("--verify")
	if err != nil {
		return "", err
	}
	table = "| 1,000 hosts with 3 open ports, 20 ms away, one in ten silent | s | beside the plain scan | told |\n|---|---|---|---|\n"
	table += fmt.Sprintf("| porthole scan | %.2f | 1.0 | %d open |\n", plain.Seconds(), strings.Count(found, `"open"`))
	table += fmt.Sprintf("| porthole scan --verify | %.2f | %.1f | %d |\n", took.Seconds(), float64(took)/float64(plain), strings.Count(verified, `"outcome":"identified"`))
	for _, c := range []manyCase{
		{"with verification, of those that answer", 0, false},
		{"with verification, silent ports given up early", -1, true},
		{"with verification, as by default", 0, true},
	} {
		row, err := verifyMany(lab, self, c, plain)
		if err != nil {
			return "", err
		}
		table += row
	}
	return table, nil
}

// manyCase is one way to ask them.
type manyCase struct {
	name   string
	late   time.Duration // Verifier.LateGreeting
	silent bool          // ask the silent ones, too
}

// silentHost reports that the host of an address accepts and says nothing.
func silentHost(addr netip.Addr) bool { return addr.As4()[3]%10 == 0 }

// verifyMany asks the ports after a plain scan that took a known time.
func verifyMany(lab *netlab.Lab, self string, c manyCase, plain time.Duration) (string, error) {
	var list strings.Builder
	first := netip.MustParseAddr("198.18.16.0")
	for addr, n := first, 0; n < manyHosts; addr, n = addr.Next(), n+1 {
		if silentHost(addr) && !c.silent {
			continue
		}
		for _, port := range manyPorts() {
			fmt.Fprintf(&list, "{\"Proto\":\"tcp\",\"Addr\":%q}\n", netip.AddrPortFrom(addr, port))
		}
	}
	cmd := lab.Scanner().Command(self, verifyInside, fmt.Sprint(int64(c.late)))
	cmd.Stdin, cmd.Stderr = strings.NewReader(list.String()), os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	if err != nil {
		return "", err
	}
	took := plain + time.Since(began)
	told := strings.Count(string(out), fmt.Sprintf(`"Outcome":%d`, verify.Identified))
	return fmt.Sprintf("| %s | %.2f | %.1f | %d |\n", c.name, took.Seconds(), float64(took)/float64(plain), told), nil
}
