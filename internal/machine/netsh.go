package machine

import (
	"errors"
	"strings"
)

// parseExcludedPorts reads what "netsh int ipv4 show excludedportrange" prints, in any
// language: a range is a line of two ports, and a mark if an administrator made it.
func parseExcludedPorts(text string) (list []Range) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 3 && fields[2] == "*" {
			fields = fields[:2]
		}
		if len(fields) != 2 {
			continue
		}
		r, err := parseRange(strings.Join(fields, " "))
		if err == nil && r.First <= r.Last {
			list = append(list, r)
		}
	}
	return list
}

var errDynamicPorts = errors.New("no first port and number of ports")

// parseDynamicPorts reads what "netsh int ipv4 show dynamicport" prints: the first port
// and the number of ports, each behind a colon.
func parseDynamicPorts(text string) (Range, error) {
	var numbers []uint16
	for line := range strings.Lines(text) {
		_, value, _ := strings.Cut(line, ":")
		if n, err := parsePort(value); err == nil {
			numbers = append(numbers, n)
		}
	}
	if len(numbers) != 2 || numbers[1] == 0 || int(numbers[0])+int(numbers[1]) > 1<<16 {
		return Range{}, errDynamicPorts
	}
	return Range{numbers[0], numbers[0] + (numbers[1] - 1)}, nil
}
