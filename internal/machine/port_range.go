package machine

import (
	"fmt"
	"strconv"
	"strings"
)

// parseRange reads "32768	60999", the form of ip_local_port_range.
func parseRange(text string) (Range, error) {
	fields := strings.Fields(text)
	if len(fields) != 2 {
		return Range{}, fmt.Errorf("want two ports, got %q", text)
	}
	first, err := parsePort(fields[0])
	if err != nil {
		return Range{}, err
	}
	last, err := parsePort(fields[1])
	return Range{first, last}, err
}

// parseRanges reads "8080,9148-9150", the form of ip_local_reserved_ports.
func parseRanges(text string) ([]Range, error) {
	var out []Range
	for item := range strings.SplitSeq(strings.TrimSpace(text), ",") {
		if item == "" {
			continue
		}
		low, high, span := strings.Cut(item, "-")
		if !span {
			high = low
		}
		first, err := parsePort(low)
		if err != nil {
			return nil, err
		}
		last, err := parsePort(high)
		if err != nil {
			return nil, err
		}
		out = append(out, Range{first, last})
	}
	return out, nil
}

func parsePort(text string) (uint16, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 16)
	return uint16(n), err
}
