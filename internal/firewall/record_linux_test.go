package firewall

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

var record = flag.Bool("record", false, "record the rule sets under testdata/regress again")

// tape is a builder that keeps what it is given.
type tape struct {
	ruleset.Builder
	host *recordedHost
}

func (t *tape) Add(kind uint16, body []byte) error {
	t.host.Messages = append(t.host.Messages, recordedMessage{kind, base64.StdEncoding.EncodeToString(body)})
	return t.Builder.Add(kind, body)
}

func (t *tape) AddLegacy(family ruleset.Family, info ruleset.LegacyInfo, entries []byte) error {
	t.host.Legacy = append(t.host.Legacy, recordedTable{family, info, base64.StdEncoding.EncodeToString(entries)})
	return t.Builder.AddLegacy(family, info, entries)
}

func (t *tape) AddIPSet(body []byte) error {
	t.host.IPSets = append(t.host.IPSets, base64.StdEncoding.EncodeToString(body))
	return t.Builder.AddIPSet(body)
}

// TestRecord loads each rule set, tries connections and keeps all of it.
func TestRecord(t *testing.T) {
	if !*record {
		t.Skip("needs -record")
	}
	names, err := filepath.Glob("testdata/regress/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		inLab(t, func(l *lab) {
			if err := l.record(name); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}

var scriptHead = regexp.MustCompile(`(?m)^-- (\S+) --$`)

// readScripts parts a file by lines such as "-- nft --".
func readScripts(name string) (list []script, err error) {
	b, err := os.ReadFile(name)
	text := string(b)
	heads := scriptHead.FindAllStringSubmatchIndex(text, -1)
	for i, h := range heads {
		end := len(text)
		if i+1 < len(heads) {
			end = heads[i+1][0]
		}
		list = append(list, script{text[h[2]:h[3]], text[h[1]:end]})
	}
	return list, err
}

func (l *lab) record(name string) error {
	scripts, err := readScripts(name)
	if err != nil {
		return err
	}
	for _, s := range scripts {
		if err := l.load(s); err != nil {
			return err
		}
	}
	var r recording
	for _, ns := range []int{l.target, l.container} {
		if err := l.enter(ns); err != nil {
			return err
		}
		var host recordedHost
		h, err := readInto(context.Background(), func() builder {
			host = recordedHost{}
			return &tape{host: &host}
		}, maxRules)
		if err != nil {
			return err
		}
		if err := h.readLinks(context.Background()); err != nil {
			return err
		}
		host.Links, host.Routes, host.Sysctls = h.Links, h.Routes, h.Sysctls
		r.Hosts = append(r.Hosts, host)
	}
	var probes []probe
	for s := range labSources {
		for _, d := range labDests {
			for _, port := range labPorts {
				probes = append(probes, probe{s, d, "tcp", port}, probe{s, d, "udp", port})
			}
		}
	}
	results, err := l.try(probes)
	if err != nil {
		return err
	}
	for i, p := range probes {
		source := labSources[p.source]
		line := fmt.Sprintf("%s %s %s %s %v %s", p.proto, results[i].sender, source.entry, netip.AddrPortFrom(p.dest, p.port), results[i].verdict, results[i].landed)
		r.Probes = append(r.Probes, recordedProbe(strings.TrimSpace(line)))
	}
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(strings.TrimSuffix(name, ".txt")+".json", append(b, '\n'), 0o644)
}
