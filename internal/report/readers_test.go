package report

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"porthole/internal/record"
)

// packages is a folder for packages of others; a short test is skipped before it makes
// one.
func packages(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it fetches packages")
	}
	return t.TempDir()
}

// install has a package manager fetch what a test needs of others into a folder, or
// skips the test where that cannot be had within a minute.
func install(t *testing.T, name string, args ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not here", name)
	}
	if out, err := exec.CommandContext(ctx, path, args...).CombinedOutput(); err != nil {
		t.Skipf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// TestNodeNmap holds that npm's node-nmap reads a scan with hosts that have no name.
// It starts a program and reads what that prints: here one that prints our file.
func TestNodeNmap(t *testing.T) {
	node := tool(t, "node", "nodejs")
	folder := packages(t)
	install(t, "npm", "install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "node-nmap@4.0.0")
	addr := func(host, addr string) *record.Record {
		return asked(host, addr, "tcp", 443, "open", "syn-ack", "https")
	}
	r := scanRun()
	r.counted = nil
	r.records = []*record.Record{addr("", "198.18.0.7"), addr("a.example", "198.18.0.8")}
	file := save(t, "scan.xml", r.write(t, FormatXML))
	fake := filepath.Join(folder, "nmap")
	if err := os.WriteFile(fake, []byte("#!/bin/sh\ncat '"+file+"'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	const program = `
const nmap = require(process.argv[1] + "/node_modules/node-nmap");
nmap.nmapLocation = process.argv[2];
const scan = new nmap.NmapScan("198.18.0.7", "-p 443");
scan.on("complete", hosts => console.log(hosts.map(h => [h.ip, h.hostname, (h.openPorts || []).map(p => p.port + "/" + p.service)].join(" ")).join("\n")));
scan.on("error", e => { console.log("error", e); process.exit(1); });
scan.startScan();
`
	out, err := exec.Command(node, "-e", program, folder, fake).CombinedOutput()
	if want := "198.18.0.7  443/https\n198.18.0.8 a.example 443/https"; err != nil || !strings.Contains(string(out), want) {
		t.Errorf("%v\n%s\nwant\n%s", err, out, want)
	}
}

// TestXMLAsked holds that the XML of a scan that was interrupted says what was asked,
// has the hosts that were found alive, and no zone.
func TestXMLAsked(t *testing.T) {
	var text strings.Builder
	ports := func(yield func(uint16) bool) {
		for port := range uint16(1001) {
			if !yield(port) {
				return
			}
		}
	}
	out, err := Open(t.Context(), []Spec{{Format: FormatXML}}, &text, Options{Command: "scan", Kind: record.KindPort, Asked: map[string]iter.Seq[uint16]{"tcp": ports}})
	if err != nil {
		t.Fatal(err)
	}
	out.Alive("", netip.MustParseAddr("198.18.0.9"), "arp")
	out.Alive("", netip.MustParseAddr("fe80::1%eth0"), "arp")
	r := asked("", "fe80::1%eth0", "tcp", 8080, "open", "syn-ack", "http-alt")
	if err := out.Write(r); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(&record.Summary{Kind: "summary", Command: "scan", ScanCounts: &record.ScanCounts{Targets: 2, Alive: 2, Probes: 2002, Open: 1}, ScanStats: &record.ScanStats{}}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`protocol="tcp" numservices="1001" services="1-1000,8080"`,
		`<status state="up" reason="arp" reason_ttl="0"></status><address addr="198.18.0.9" addrtype="ipv4"></address><hostnames>` + "\n</hostnames><ports></ports></host>",
		`<address addr="fe80::1" addrtype="ipv6">`,
		`<hosts up="2" down="0" total="2">`,
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %s in\n%s", want, text.String())
		}
	}
}

// TestDataFrames holds that polars and DuckDB take the lines of a list, its summary
// among them, and see one type for each key.
func TestDataFrames(t *testing.T) {
	folder := packages(t)
	install(t, "python3", "-m", "venv", folder)
	python := filepath.Join(folder, "bin", "python")
	install(t, python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "polars", "duckdb")
	const program = `
import sys, polars, duckdb
frame = polars.read_ndjson(sys.argv[1], infer_schema_length=None)
print(frame.filter(polars.col("kind") == "socket").height, frame["privileged_sockets"].drop_nulls().to_list())
loose = duckdb.sql("select column_name from (describe select * from read_json_auto('%s')) where column_type = 'JSON'" % sys.argv[1]).fetchall()
print(loose)
`
	out, err := exec.Command(python, "-c", program, save(t, "list.jsonl", listRun().write(t, FormatJSONL))).CombinedOutput()
	if err != nil || string(out) != "5 [1]\n[]\n" {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestKeys holds what TestDataFrames is about without these: a key that the records of a
// command and their summary share has one type.
func TestKeys(t *testing.T) {
	for name, r := range map[string]run{"list": listRun(), "scan": scanRun(), "hosts": hostsRun(), "verified": verifiedRun()} {
		kinds := make(map[string]string)
		for line := range strings.Lines(r.write(t, FormatJSONL)) {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				t.Fatal(err)
			}
			for key, value := range fields {
				kind := fmt.Sprintf("%T", value)
				if kinds[key] != "" && kinds[key] != kind {
					t.Errorf("%s: %s is %s and %s", name, key, kinds[key], kind)
				}
				kinds[key] = kind
			}
		}
	}
}
