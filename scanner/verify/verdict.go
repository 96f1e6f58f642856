package verify

// verdict is what a parser says of the bytes that came so far.
type verdict uint8

const (
	no      verdict = iota // it is something else
	partial                // it may be, and the unit is not whole yet
	yes                    // a whole unit was read
)

func yesIf(fits bool) verdict {
	if fits {
		return yes
	}
	return no
}

func partialIf(fits bool) verdict {
	if fits {
		return partial
	}
	return no
}

func partialOrYes(n int, fits bool) verdict {
	if n == 0 {
		return partial
	}
	return yesIf(fits)
}

// prefixOf is partial if one of in and word begins with the other.
func prefixOf(in []byte, word string) verdict {
	n := min(len(in), len(word))
	if string(in[:n]) == word[:n] {
		return partial
	}
	return no
}

// partialOf is partial if in begins with one of the words, or they with it.
func partialOf(in []byte, words ...string) verdict {
	for _, w := range words {
		if prefixOf(in, w) == partial {
			return partial
		}
	}
	return no
}
