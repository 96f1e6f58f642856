// Transcript runs the commands whose output README.md and docs show, and renews
// what they print, or tells that it is stale.
//
//	go run ./internal/transcript [-check] [-v] [FILE...]
//
// A block of a file that starts with a prompt is run on the stage that the comment
// before it names:
//
//	<!-- stage: servers -->
//	```
//	$ porthole list
//	…
//	```
//
// A stage is a shell script in stages/, which starts servers. It runs as root in
// network, process and mount namespaces of its own, without a way out. A block
// whose stage lacks a program here is skipped. What is equal but for numbers of
// processes, times and versions is left as it is.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	check := flag.Bool("check", false, "change nothing, and fail if something is stale")
	verbose := flag.Bool("v", false, "print what the stale commands print now")
	flag.Parse()
	files := flag.Args()
	if len(files) == 0 {
		files = []string{"README.md"}
	}
	if err := run(files, *check, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, "transcript:", err)
		os.Exit(1)
	}
}

func run(files []string, check, verbose bool) error {
	dir, err := os.MkdirTemp("", "transcript-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary, err := build(dir)
	if err != nil {
		return err
	}
	stale := false
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		renewed, blocks, err := renew(string(text), binary)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for _, b := range blocks {
			fmt.Println(b.report(file, verbose))
			stale = stale || b.stale
		}
		if !check && renewed != string(text) {
			if err := os.WriteFile(file, []byte(renewed), 0o666); err != nil {
				return err
			}
		}
	}
	if check && stale {
		return errors.New("run go run ./internal/transcript, and read what it changed")
	}
	return nil
}

// build makes porthole in a folder, and returns its path.
func build(dir string) (string, error) {
	binary := filepath.Join(dir, "porthole")
	cmd := exec.Command("go", "build", "-trimpath", "-o", binary, "porthole")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
}
