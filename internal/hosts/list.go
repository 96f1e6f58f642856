package hosts

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// ReadList reads targets from a file: expressions separated by spaces or line ends,
// and comments from # to the end of a line. Errors name the file and the line.
func ReadList(r io.Reader, name string) ([]Target, error) {
	var targets []Target
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		for field := range strings.FieldsSeq(text) {
			ts, err := Parse(field)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, n, err)
			}
			targets = append(targets, ts...)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return targets, nil
}
