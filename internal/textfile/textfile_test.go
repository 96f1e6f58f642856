package textfile

import (
	"io"
	"strings"
	"testing"
)

// TestNewReader holds what is read of a text, and what other encodings are called.
func TestNewReader(t *testing.T) {
	for _, test := range []struct{ file, want, err string }{
		{"", "", ""},
		{"a", "a", ""},
		{"\xef\xbb\xbfhost\r\n", "host\r\n", ""},
		{"\xff\xfeh\x00", "", "the file is in UTF-16; save it as UTF-8"},
		{"\xfe\xff\x00h", "", "the file is in UTF-16; save it as UTF-8"},
		{"h\x00o\x00", "", "the file is in UTF-16; save it as UTF-8"},
		{"\x00h\x00o", "", "the file is in UTF-16; save it as UTF-8"},
		{"\xff\xfe\x00\x00", "", "the file is in UTF-32; save it as UTF-8"},
		{"\x00\x00\x00h", "", "the file is in UTF-32; save it as UTF-8"},
		{"\x1f\x8b\x08\x00", "", "the file is compressed (gzip); unpack it first"},
	} {
		r, _, err := NewReader(strings.NewReader(test.file))
		if err != nil {
			if err.Error() != test.err {
				t.Errorf("%q: %v, want %q", test.file, err, test.err)
			}
			continue
		}
		if got, err := io.ReadAll(r); string(got) != test.want || err != nil || test.err != "" {
			t.Errorf("%q: %q, %v, want %q %q", test.file, got, err, test.want, test.err)
		}
	}
}
