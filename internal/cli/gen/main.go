// Gen writes the manual pages in docs/man from the definitions of the commands
// and docs/cli.md.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"porthole/internal/cli"
)

func main() {
	docs := flag.String("docs", "docs", "the documentation's `folder`")
	flag.Parse()
	if err := write(*docs); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func write(docs string) error {
	text, err := os.ReadFile(filepath.Join(docs, "cli.md"))
	if err != nil {
		return err
	}
	pages, err := cli.Manual().Pages(string(text))
	if err != nil {
		return err
	}
	for name, page := range pages {
		if err := os.WriteFile(filepath.Join(docs, "man", name), []byte(page), 0o644); err != nil {
			return err
		}
	}
	return nil
}
