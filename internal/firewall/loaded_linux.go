package firewall

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// nftablesLoaded is false if the kernel has no rules of nftables for sure, since
// the module is not loaded. To ask the kernel would load it.
func nftablesLoaded() bool {
	if _, err := os.Stat("/sys/module/nf_tables"); err == nil {
		return true
	}
	if _, err := os.Stat("/proc/modules"); errors.Is(err, fs.ErrNotExist) {
		return true // a kernel without modules: it is built in, or there is none to load
	}
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return true
	}
	builtin, err := os.ReadFile("/lib/modules/" + unix.ByteSliceToString(name.Release[:]) + "/modules.builtin")
	return err != nil || strings.Contains(string(builtin), "/nf_tables.ko\n")
}
