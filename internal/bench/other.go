//go:build !linux

// Bench measures porthole beside its peers, in namespaces that only Linux has.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Fprintln(os.Stderr, "bench: it needs Linux, for its network namespaces")
	os.Exit(1)
}
