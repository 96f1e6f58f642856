// Package spelling finds the word that was meant by a mistyped one.
package spelling

import (
	"iter"
	"strings"
)

// Nearest returns the first of the candidates with the fewest edits, up to one
// edit in three bytes and at least one; "" if there is none. Case does not matter.
func Nearest(word string, candidates iter.Seq[string]) string {
	// The distance costs the product of both lengths.
	const longest = 64
	if word == "" || len(word) > longest {
		return ""
	}
	word = strings.ToLower(word)
	best, limit := "", max(1, len(word)/3)+1
	for candidate := range candidates {
		if diff := len(candidate) - len(word); diff >= limit || -diff >= limit {
			continue
		}
		if d := distance(word, strings.ToLower(candidate)); d < limit {
			best, limit = candidate, d
		}
	}
	return best
}

// distance counts the bytes to insert, delete, replace or swap with their
// neighbour to make b of a (the optimal string alignment distance).
func distance(a, b string) int {
	// Three rows of the matrix: for i-2, i-1 and i bytes of a.
	older, old, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range old {
		old[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(old[j]+1, cur[j-1]+1, old[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], older[j-2]+1)
			}
		}
		older, old, cur = old, cur, older
	}
	return old[len(b)]
}
