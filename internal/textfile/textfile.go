// Package textfile reads text files that others made: it skips the mark that some
// editors put in front of UTF-8, and names other encodings.
package textfile

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
)

// EncodingError is a file in something else than UTF-8.
type EncodingError struct {
	Encoding string // as a user knows it: "UTF-16", "gzip"
}

func (e *EncodingError) Error() string {
	switch e.Encoding {
	case "gzip", "zip", "bzip2", "xz", "zstd":
		return fmt.Sprintf("the file is compressed (%s); unpack it first", e.Encoding)
	}
	return fmt.Sprintf("the file is in %s; save it as UTF-8", e.Encoding)
}

// NewReader returns a reader of a text without its byte order mark, and how many bytes
// that mark has. The error is an [*EncodingError]; if r fails, the first read says so.
func NewReader(r io.Reader) (text *bufio.Reader, skipped int, err error) {
	const size = 1 << 16
	text = bufio.NewReaderSize(r, size)
	start, _ := text.Peek(4)
	if bytes.HasPrefix(start, []byte("\xef\xbb\xbf")) {
		skipped, err = text.Discard(3)
		return text, skipped, err
	}
	if name := encoding(start); name != "" {
		return nil, 0, &EncodingError{name}
	}
	return text, 0, nil
}

// encoding names what a file is in by its first four bytes; "" if that may be
// UTF-8. Without a mark it is told by the zeros beside a first character of ASCII.
func encoding(start []byte) string {
	for _, known := range []struct{ mark, name string }{
		{"\xff\xfe\x00\x00", "UTF-32"}, {"\x00\x00\xfe\xff", "UTF-32"},
		{"\xff\xfe", "UTF-16"}, {"\xfe\xff", "UTF-16"},
		{"\x1f\x8b", "gzip"}, {"PK\x03\x04", "zip"}, {"BZh", "bzip2"}, {"\xfd7zX", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"},
	} {
		if bytes.HasPrefix(start, []byte(known.mark)) {
			return known.name
		}
	}
	if len(start) < 4 {
		return ""
	}
	var zeros [4]bool
	for i, b := range start {
		zeros[i] = b == 0
	}
	switch zeros {
	case [4]bool{false, true, true, true}, [4]bool{true, true, true, false}:
		return "UTF-32"
	case [4]bool{false, true, false, true}, [4]bool{true, false, true, false}:
		return "UTF-16"
	}
	return ""
}
