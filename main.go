// Porthole asks hosts which ports answer, and this machine which processes
// hold which ports.
package main

import (
	"os"

	"porthole/internal/cli"
)

func main() {
	os.Exit(cli.Main(os.Args, os.Stdin, os.Stdout, os.Stderr))
}
