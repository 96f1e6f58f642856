// Package sentence puts lists and numbers into words.
package sentence

import (
	"fmt"
	"strings"
)

// Join joins words, the last two with "and", "or" or the like: "a, b and c".
func Join(words []string, with string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " " + with + " " + words[last]
}

// Count is a number with its noun: "1 port", "2 ports".
func Count[T int | uint64](n T, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
