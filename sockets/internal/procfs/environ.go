package procfs

import "strings"

// ListenNames reads LISTEN_FDNAMES from the text of /proc/pid/environ.
func ListenNames(environ string) []string {
	for variable := range strings.SplitSeq(environ, "\x00") {
		if names, ok := strings.CutPrefix(variable, "LISTEN_FDNAMES="); ok {
			return strings.Split(names, ":")
		}
	}
	return nil
}
