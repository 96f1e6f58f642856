package procfs

import "strings"

// ListenNames reads LISTEN_FDNAMES from the text of /proc/pid/environ.
func ListenNames(environ string) []string {
	for _, variable := range strings.Split(environ, "\x00") {
		if names, ok := strings.CutPrefix(variable, "LISTEN_FDNAMES="); ok {
			return strings.Split(names, ":")
		}
	}
	return nil
}
