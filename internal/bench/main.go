//go:build linux

// Bench measures porthole beside its peers in one run and prints ratios, for a
// single time on a shared machine says little.
//
//	go run ./internal/bench scan [-runs 5] [-peer-runs N] [-case WORDS] [-tools NAMES] [-limit 2m] [-beside PATH] [-write]
//	go run ./internal/bench rate [-write]
//	go run ./internal/bench list [-rounds 11] [-load NAME] [-quick] [-write]
//	go run ./internal/bench watch [-for 1m] [-load NAME] [-write]
//	go run ./internal/bench verify [-case WORDS] [-peer=false] [-v] [-write]
//
// It needs Linux, root, and Debian's nmap, iproute2, nftables, lsof and
// net-tools. Everything that is scanned lives in network namespaces that it makes
// (internal/netlab).
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("say what to measure: scan, rate, list, watch or verify")
	}
	switch args[0] {
	case "scan":
		return benchScan(args[1:])
	case "rate":
		return benchRate(args[1:])
	case "list", listInside, loadHelper:
		return benchList(args[0], args[1:])
	case "watch", watchInside, keepAwake:
		return benchWatch(args[0], args[1:])
	case "verify", verifyInside, verifyRespond:
		return benchVerify(args[0], args[1:])
	case "measure":
		return measureHere(args[1:])
	default:
		return fmt.Errorf("no benchmark %q; there are scan, rate, list, watch and verify", args[0])
	}
}
