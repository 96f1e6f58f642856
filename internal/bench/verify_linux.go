package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"porthole/internal/netlab"
	"porthole/scanner/verify"
)

// verifyInside is this program asking the ports on its standard input, in the
// scanner's namespace.
const verifyInside = "verify-inside"

// verifyBench is one call of the benchmark.
type verifyBench struct {
	only   string
	peer   bool
	write  bool
	detail bool
	many   bool
	record string // a folder for conversations with the servers
	lab    *netlab.Lab
	farm   *farm
}

func benchVerify(name string, args []string) error {
	switch name {
	case verifyInside:
		return verifyHere(args)
	case verifyRespond:
		return respond()
	}
	var b verifyBench
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.StringVar(&b.only, "case", "", "only servers whose name contains this")
	flags.BoolVar(&b.peer, "peer", true, "run nmap -sV as well, which takes minutes")
	flags.BoolVar(&b.write, "write", false, "write the table into docs/performance.md")
	flags.BoolVar(&b.detail, "v", false, "print what was said of each port")
	flags.BoolVar(&b.many, "many", false, "only the thousand hosts")
	flags.StringVar(&b.record, "record", "", "record the conversations with the servers into this `folder`, testdata/servers of scanner/verify, and end")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if b.many {
		table, err := measureMany()
		fmt.Print(table)
		return err
	}
	return b.run()
}

func (b *verifyBench) run() (err error) {
	if b.lab, err = netlab.New(netlab.Config{}); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.lab.Close()) }()
	if err := b.lab.Target().Nft(synCounter); err != nil {
		return err
	}
	if b.farm, err = newFarm(b.lab.Target()); err != nil {
		return err
	}
	defer b.farm.close()
	b.farm.startAll(verifyServers(), b.only)
	if b.record != "" {
		return b.recordServers()
	}
	rows, err := b.measure()
	if err != nil {
		return err
	}
	table := machine() + verifyHeader
	for _, r := range rows {
		table += r.String()
	}
	fmt.Print(table)
	if b.only != "" {
		return nil
	}
	b.farm.close() // they would take time from what comes
	many, err := measureMany()
	if err != nil {
		return err
	}
	fmt.Print("\n" + many)
	table += "\n" + many
	if b.write {
		return writeSection("verify", table)
	}
	return nil
}

// measure asks every port with each tool, TCP and then UDP.
func (b *verifyBench) measure() ([]verifyRow, error) {
	tools := []struct {
		name string
		ask  func(ports []*verifyPort) (map[*verifyPort]verifyAnswer, time.Duration, error)
	}{{"porthole", b.askPorthole}, {"nmap -sV", b.askNmap}}
	if !b.peer {
		tools = tools[:1]
	}
	var rows []verifyRow
	for _, tool := range tools {
		for _, udp := range []bool{false, true} {
			ports := slices.DeleteFunc(slices.Clone(b.farm.ports), func(p *verifyPort) bool { return p.udp != udp })
			if len(ports) == 0 {
				continue
			}
			before, err := b.connections()
			if err != nil {
				return nil, err
			}
			answers, took, err := tool.ask(ports)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", tool.name, err)
			}
			after, err := b.connections()
			if err != nil {
				return nil, err
			}
			for _, usual := range []bool{true, false} {
				some := slices.DeleteFunc(slices.Clone(ports), func(p *verifyPort) bool { return p.usual != usual })
				row := grade(some, answers)
				row.tool, row.udp, row.usual, row.took = tool.name, udp, usual, took
				row.mean = float64(after-before) / float64(len(ports))
				rows = append(rows, row)
			}
			if b.detail {
				printAnswers(tool.name, ports, answers)
			}
		}
	}
	return rows, nil
}

// synCounter counts the connections that were opened to the target.
const synCounter = `table inet bench {
	counter opened { }
	chain input {
		type filter hook input priority 0;
		iifname "wan" tcp flags & (syn | ack) == syn counter name opened
	}
}`

func (b *verifyBench) connections() (int, error) {
	out, err := b.lab.Target().Command("nft", "-j", "list", "counter", "inet", "bench", "opened").Output()
	if err != nil {
		return 0, err
	}
	var list struct {
		Nftables []struct{ Counter struct{ Packets int } }
	}
	if err := json.Unmarshal(out, &list); err != nil {
		return 0, err
	}
	n := 0
	for _, entry := range list.Nftables {
		n += entry.Counter.Packets
	}
	return n, nil
}

// recordServers lets the tests of scanner/verify record what the servers say.
func (b *verifyBench) recordServers() error {
	var list bytes.Buffer
	for _, p := range b.farm.ports {
		fmt.Fprintln(&list, p.server.dirName(), p.proto(), p.addr)
	}
	file := filepath.Join(b.farm.dir, "servers")
	if err := os.WriteFile(file, list.Bytes(), 0o644); err != nil {
		return err
	}
	test := filepath.Join(b.farm.dir, "verify.test")
	if out, err := exec.Command("go", "test", "-c", "-o", test, "./scanner/verify").CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	cmd := b.lab.Scanner().Command(test, "-test.v", "-test.run", "^TestRecord$", "-record", file)
	cmd.Dir = filepath.Dir(filepath.Dir(b.record))
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// verifyAnswer is what a tool said of a port.
type verifyAnswer struct {
	service, product, version string
	tls                       bool
	connections               int
	spent                     time.Duration
	words                     string // for a reader
}

// verifyQuestion and verifyReport pass between this process and the one in the
// scanner's namespace.
type verifyQuestion struct {
	Proto, Addr string
}

func (b *verifyBench) askPorthole(ports []*verifyPort) (map[*verifyPort]verifyAnswer, time.Duration, error) {
	var questions bytes.Buffer
	for _, p := range ports {
		if err := json.NewEncoder(&questions).Encode(verifyQuestion{p.proto(), p.addr.String()}); err != nil {
			return nil, 0, err
		}
	}
	self, err := os.Executable()
	if err != nil {
		return nil, 0, err
	}
	cmd := b.lab.Scanner().Command(self, verifyInside)
	cmd.Stdin, cmd.Stderr = &questions, os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	took := time.Since(began)
	if err != nil {
		return nil, 0, err
	}
	answers := make(map[*verifyPort]verifyAnswer)
	for dec := json.NewDecoder(bytes.NewReader(out)); dec.More(); {
		var s verify.Service
		if err := dec.Decode(&s); err != nil {
			return nil, 0, err
		}
		for _, p := range ports {
			if p.addr == s.Target.Addr && p.proto() == s.Target.Proto {
				answers[p] = answerOf(s)
			}
		}
	}
	return answers, took, nil
}

func answerOf(s verify.Service) verifyAnswer {
	a := verifyAnswer{service: s.Protocol, product: s.Product, version: s.Version, tls: s.Transport == verify.TransportTLS, connections: s.Connections, spent: s.Spent}
	a.words = fmt.Sprintf("%v %s/%s %q %q proto %q info %q first %q by %q %q", s.Outcome, s.Protocol, s.Transport, s.Product, s.Version, s.ProtocolVersion, s.Info, s.Evidence.FirstBytes, s.Evidence.Request, s.Reason)
	return a
}

// verifyHere asks the ports of standard input and prints what is there.
func verifyHere(args []string) error {
	var v verify.Verifier
	if len(args) > 0 {
		late, err := strconv.ParseInt(args[0], 10, 64)
		if err != nil {
			return err
		}
		v.LateGreeting = time.Duration(late)
	}
	var targets []verify.Target
	for dec := json.NewDecoder(os.Stdin); dec.More(); {
		var q verifyQuestion
		if err := dec.Decode(&q); err != nil {
			return err
		}
		addr, err := netip.ParseAddrPort(q.Addr)
		if err != nil {
			return err
		}
		targets = append(targets, verify.Target{Proto: q.Proto, Addr: addr})
	}
	out := json.NewEncoder(os.Stdout)
	for s, err := range v.VerifyAll(sigContext(), slices.Values(targets)) {
		if err != nil {
			return err
		}
		s.Err = nil // errors have no form in JSON
		if err := out.Encode(s); err != nil {
			return err
		}
	}
	return nil
}

// printAnswers lists what a tool said, the wrong first.
func printAnswers(tool string, ports []*verifyPort, answers map[*verifyPort]verifyAnswer) {
	for _, p := range ports {
		a := answers[p]
		g := gradePort(p, a)
		fmt.Printf("%s %-5s %-5s %-5s %-32s %-22s %d conn %5d ms  %s\n", tool, g[0], g[1], g[2], p.server.name, p.addr, a.connections, a.spent.Milliseconds(), a.words)
	}
}

// sideBySide is how many runs of nmap there are at a time.
const sideBySide = 24

// askNmap runs nmap -sV once for each host, with the ports that porthole is told,
// many side by side: a host alone would take it minutes.
func (b *verifyBench) askNmap(ports []*verifyPort) (map[*verifyPort]verifyAnswer, time.Duration, error) {
	hosts := make(map[netip.Addr][]*verifyPort)
	for _, p := range ports {
		hosts[p.addr.Addr()] = append(hosts[p.addr.Addr()], p)
	}
	began := time.Now()
	answers := make(map[*verifyPort]verifyAnswer)
	var mu sync.Mutex
	var wg sync.WaitGroup
	var errs []error
	free := make(chan struct{}, sideBySide)
	for host, some := range hosts {
		wg.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			got, err := b.nmap(host, some)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			maps.Copy(answers, got)
		})
	}
	wg.Wait()
	return answers, time.Since(began), errors.Join(errs...)
}

// nmap asks the ports of one host.
func (b *verifyBench) nmap(host netip.Addr, ports []*verifyPort) (map[*verifyPort]verifyAnswer, error) {
	kind := "-sT"
	if ports[0].udp {
		kind = "-sU"
	}
	var numbers []string
	for _, p := range ports {
		numbers = append(numbers, fmt.Sprint(p.addr.Port()))
	}
	var stderr bytes.Buffer
	cmd := b.lab.Scanner().Command("nmap", "-n", "-Pn", kind, "-sV", "-oX", "-", "-p", strings.Join(numbers, ","), host.String())
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("nmap: %w: %s", err, stderr.String())
	}
	return readNmapServices(out, ports)
}
