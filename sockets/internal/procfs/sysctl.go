package procfs

import (
	"fmt"
	"strconv"
	"strings"
)

// ParsePortStart reads net.ipv4.ip_unprivileged_port_start: 0 to 65535.
func ParsePortStart(text string) (uint16, error) {
	first, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	if err != nil {
		return 0, fmt.Errorf("bad port %q", text)
	}
	return uint16(first), nil
}
