package machine

import (
	"fmt"
	"io"
	"os"
	"testing"

	"go.uber.org/goleak"
)

// otherRootEnv makes this test binary a daemon that changes its own root.
const otherRootEnv = "PORTHOLE_TEST_ROOT"

func TestMain(m *testing.M) {
	if root := os.Getenv(otherRootEnv); root != "" {
		if err := changeRoot(root); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		fmt.Println("ready")
		io.Copy(io.Discard, os.Stdin)
		return
	}
	goleak.VerifyTestMain(m)
}
