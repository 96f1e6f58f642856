package firewall

import (
	"os"
	"strings"
	"testing"

	"porthole/internal/firewall/ruleset"
)

// TestBTFName finds names of the running kernel's types again.
func TestBTFName(t *testing.T) {
	b, err := os.ReadFile("/sys/kernel/btf/vmlinux")
	if err != nil {
		t.Skip(err)
	}
	found := map[string]bool{}
	for id := uint32(1); id < 300; id++ {
		found[btfName(b, id)] = true
	}
	if !found["unsigned int"] || !found["char"] {
		t.Errorf("names of the first types: %v", found)
	}
	for name := range found {
		if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("a name %q", name)
		}
	}
}

// FuzzBTFName holds that any bytes are read without a panic.
func FuzzBTFName(f *testing.F) {
	head := []byte{0x9f, 0xeb, 1, 0, 24, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 12, 0, 0, 0, 3, 0, 0, 0}
	f.Add(append(head, 1, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 'x', 0), uint32(1))
	f.Fuzz(func(t *testing.T, b []byte, id uint32) { btfName(b, id) })
}

// TestLabels: security modules look at labels that rules give.
func TestLabels(t *testing.T) {
	for _, test := range []struct {
		expr ruleset.Expr
		want bool
	}{
		{&ruleset.Target{Name: "SECMARK"}, true},
		{&ruleset.Meta{Key: ruleset.MetaSecMark, Source: 0}, true},
		{&ruleset.Meta{Key: ruleset.MetaSecMark, Source: ruleset.NoRegister}, false},
		{&ruleset.Objref{Type: 8}, true},
		{&ruleset.Objref{Type: 1}, false},
	} {
		h := benchHost(1, func(int) []ruleset.Expr { return []ruleset.Expr{test.expr} })
		if got := h.Rules.Labels(); got != test.want {
			t.Errorf("%#v: %v", test.expr, got)
		}
	}
}
