package firewall

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// The long run of the property test is
//
//	go test -run TestAgreement -agreement.sets 1000 -agreement.seeds 5 -timeout 1h ./internal/firewall
var (
	agreementSets  = flag.Int("agreement.sets", 40, "rule sets of each seed")
	agreementSeeds = flag.Int("agreement.seeds", 1, "seeds")
	agreementFrom  = flag.Int("agreement.from", 0, "the first rule set of each seed")
	agreementFirst = flag.Uint64("agreement.first", 1, "the first seed")
)

// TestAgreement makes random rule sets and random listeners, and really
// connects: what became of each connection must be what the evaluation says.
func TestAgreement(t *testing.T) {
	for n := range *agreementSeeds {
		seed := *agreementFirst + uint64(n)
		inLab(t, func(l *lab) {
			a := agreement{lab: l}
			for i := *agreementFrom; i < *agreementFrom+*agreementSets; i++ {
				r := rand.New(rand.NewPCG(seed, uint64(i)))
				if err := a.one(r, generate(r)); err != nil {
					t.Errorf("seed %d, set %d: %v", seed, i, err)
					return
				}
			}
			t.Logf("seed %d: %d rule sets, %d probes, %d accepted, %d dropped, %d rejected, %d (%.1f%%) cannot be told, %d rules refused",
				seed, a.sets, a.probes, a.got[VerdictAccept], a.got[VerdictDrop], a.got[VerdictReject], a.unknown, 100*float64(a.unknown)/float64(max(a.probes, 1)), a.refused)
			if a.unknown*20 > a.probes {
				t.Errorf("seed %d: more than 5%% cannot be told", seed)
			}
		})
	}
}

type agreement struct {
	lab                            *lab
	sets, probes, unknown, refused int
	got                            [5]int
}

// script is a rule set for one of the tools.
type script struct {
	tool  string // "nft", "iptables-nft-restore" and so on
	rules string
}

// one loads a rule set, asks and tries.
func (a *agreement) one(r *rand.Rand, scripts []script) error {
	l := a.lab
	if err := l.clear(); err != nil {
		return err
	}
	for i := range scripts {
		if err := a.loadWhatIsRight(&scripts[i]); err != nil {
			return err
		}
	}
	a.sets++
	probes := randomProbes(r)
	disagreement, err := a.compare(probes)
	if err != nil || disagreement == "" {
		return err
	}
	small, disagreement := a.shrink(scripts, probes, disagreement)
	name := filepath.Join(os.TempDir(), "disagreement.txt")
	var text strings.Builder
	for _, s := range small {
		fmt.Fprintf(&text, "-- %s --\n%s\n", s.tool, s.rules)
	}
	os.WriteFile(name, []byte(text.String()), 0o600)
	return fmt.Errorf("%s\nsmallest:\n%s", disagreement, text.String())
}

// loadWhatIsRight leaves out the lines that the tool refuses: random rules may
// contradict themselves.
func (a *agreement) loadWhatIsRight(s *script) error {
	for range 50 {
		err := a.lab.load(*s)
		if err == nil {
			return nil
		}
		lines := strings.Split(s.rules, "\n")
		wrong := refusedLines(err.Error(), len(lines))
		if len(wrong) == 0 {
			return fmt.Errorf("%w\n%s", err, s.rules)
		}
		a.refused += len(wrong)
		for i := len(lines) - 1; i >= 0; i-- {
			if !wrong[i+1] {
				continue
			}
			for strings.HasSuffix(s.tool, "-restore") && i > 0 && !strings.HasPrefix(lines[i], "-A") {
				i-- // COMMIT failed for some rule before it
			}
			lines = append(lines[:i], lines[i+1:]...)
		}
		s.rules = strings.Join(lines, "\n")
	}
	return errors.New("nothing is left")
}

var refusedLine = regexp.MustCompile(`(?:/dev/stdin:(\d+):\d+|line[: ]+(\d+))`) // nft, iptables and ipset

// refusedLines reads the numbers of lines from what a tool complains of.
func refusedLines(text string, most int) map[int]bool {
	wrong := map[int]bool{}
	for _, m := range refusedLine.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1] + m[2]); err == nil && n >= 1 && n <= most {
			wrong[n] = true
		}
	}
	return wrong
}

// compare asks and tries; disagreement says where the two differ. A packet that is
// missing is tried again: on a busy machine one of 216 was, which no rule had dropped.
func (a *agreement) compare(probes []probe) (disagreement string, err error) {
	before := *a
	for range 3 {
		*a = before
		var missing bool
		if disagreement, missing, err = a.compareOnce(probes); !missing {
			break
		}
	}
	return disagreement, err
}

// compareOnce is compare; missing says that what differs is a packet that should have
// come.
func (a *agreement) compareOnce(probes []probe) (disagreement string, lost bool, err error) {
	l := a.lab
	if err := errors.Join(l.forget(), l.enter(l.target)); err != nil {
		return "", false, err
	}
	topo, h, err := l.topology()
	if err != nil {
		return "", false, err
	}
	questions := make([]Question, len(probes))
	for i, p := range probes {
		questions[i] = Question{Addr: p.dest, Proto: p.proto, Port: p.port}
	}
	answers := topo.Judge(h, questions)
	results, err := l.try(probes)
	if err != nil {
		return "", false, err
	}
	for i, p := range probes {
		a.probes++
		a.got[results[i].verdict]++
		piece, err := answers[i].at(p, results[i].sender.Port(), l.entry(p))
		if err != nil {
			return "", false, err
		}
		if piece.Verdict == VerdictUnknown {
			a.unknown++
			continue
		}
		if piece.Unasked && p.proto == "udp" {
			continue // it may get in, and is not answered
		}
		if want := piece.Verdict; want != results[i].verdict && !(blocked(want) && piece.Why != nil && blocked(results[i].verdict)) {
			return fmt.Sprintf("%v: evaluated %v (%v; why %v), but it was %v; led to %v", p, want, piece.By, piece.Why, results[i].verdict, piece.To), results[i].verdict == VerdictDrop, nil
		}
		if where := piece.landing(p); piece.Verdict == VerdictAccept && piece.Why == nil && results[i].landed != "" && results[i].landed != where {
			return fmt.Sprintf("%v: evaluated to come to %s, but it came to %s", p, where, results[i].landed), false, nil
		}
	}
	return "", false, nil
}

// topology reads the target and the container.
func (l *lab) topology() (*Topology, *Host, error) {
	topo := &Topology{}
	for _, ns := range []int{l.target, l.container} {
		if err := l.enter(ns); err != nil {
			return nil, nil, err
		}
		h, err := ReadAll(context.Background())
		if err != nil {
			return nil, nil, err
		}
		topo.Hosts = append(topo.Hosts, h)
	}
	return topo, topo.Hosts[0], l.enter(l.target)
}

// clear removes all rules.
func (l *lab) clear() error {
	if err := l.enter(l.target); err != nil {
		return err
	}
	if err := l.run("flush ruleset\n", "nft", "-f", "-"); err != nil {
		return err
	}
	for _, f := range []string{"ip", "ip6"} {
		names, _ := os.ReadFile("/proc/thread-self/net/" + f + "_tables_names")
		for table := range strings.FieldsSeq(string(names)) {
			if err := l.run(emptyTables[table], f+"tables-legacy-restore", "-T", table); err != nil {
				return err
			}
		}
	}
	var err error
	if l.policied {
		l.policied = false
		err = l.policies("")
	}
	for tries := 0; l.ipsets && tries < 200; tries++ { // the kernel lets go of rules after a while
		err = errors.Join(l.run("", "ipset", "flush"), l.run("", "ipset", "destroy"))
		l.ipsets = err != nil
	}
	return err
}

var emptyTables = map[string]string{
	"filter": "*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n",
	"nat":    "*nat\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n",
	"mangle": "*mangle\n:PREROUTING ACCEPT\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:POSTROUTING ACCEPT\nCOMMIT\n",
	"raw":    "*raw\n:PREROUTING ACCEPT\n:OUTPUT ACCEPT\nCOMMIT\n",
}

func (l *lab) load(s script) error {
	if err := l.enter(l.target); err != nil {
		return err
	}
	switch s.tool {
	case "nft":
		return l.run(s.rules, "nft", "-f", "-")
	case "policies":
		l.policied = true
		return l.policies(s.rules)
	case "ipset":
		l.ipsets = true
		return l.run(s.rules, "ipset", "restore", "-exist")
	}
	if _, err := exec.LookPath(s.tool); err != nil {
		return err
	}
	return l.run(s.rules, s.tool, "--noflush")
}

// shrink takes away lines as long as the two still differ.
func (a *agreement) shrink(scripts []script, probes []probe, disagreement string) ([]script, string) {
	differs := func(list []script) bool {
		if a.lab.clear() != nil {
			return false
		}
		for _, s := range list {
			if a.lab.load(s) != nil {
				return false
			}
		}
		d, err := a.compare(probes)
		if err == nil && d != "" {
			disagreement = d
		}
		return err == nil && d != ""
	}
	for n := range scripts {
		lines := strings.Split(scripts[n].rules, "\n")
		for again := true; again; {
			again = false
			for i := len(lines) - 1; i >= 0; i-- {
				less := append(append([]string{}, lines[:i]...), lines[i+1:]...)
				list := append([]script{}, scripts...)
				list[n].rules = strings.Join(less, "\n")
				if differs(list) {
					lines, scripts, again = less, list, true
				}
			}
		}
	}
	return scripts, disagreement
}

func randomProbes(r *rand.Rand) (probes []probe) {
	ports := r.Perm(len(labPorts))[:4]
	for s := range labSources {
		for _, d := range labDests {
			for _, n := range ports {
				for _, proto := range []string{"tcp", "udp"} {
					probes = append(probes, probe{s, d, proto, labPorts[n]})
				}
			}
		}
	}
	return probes
}
