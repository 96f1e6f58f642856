package procfs

import (
	"slices"
	"testing"
)

func TestListenNames(t *testing.T) {
	for environ, want := range map[string][]string{
		"PATH=/bin\x00LISTEN_FDNAMES=web.socket:admin.socket\x00": {"web.socket", "admin.socket"},
		"XLISTEN_FDNAMES=no\x00":                                  nil,
		"":                                                        nil,
	} {
		if got := ListenNames(environ); !slices.Equal(got, want) {
			t.Errorf("ListenNames(%q) = %q, want %q", environ, got, want)
		}
	}
}
