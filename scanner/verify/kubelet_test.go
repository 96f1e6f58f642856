package verify

import "testing"

// TestGuardedPods holds that a kubelet is told where /pods alone is refused, and not
// where all paths are.
func TestGuardedPods(t *testing.T) {
	const missing = "404 Not Found\r\n|404 page not found\n"
	for _, tt := range []struct {
		name, pods, version, product string
	}{
		{"a kubelet", "401 Unauthorized\r\n|Unauthorized", missing, "kubelet"},
		{"all is refused", "401 Unauthorized\r\n|Unauthorized", "401 Unauthorized\r\n|Unauthorized", ""},
		{"in other words", "401 Unauthorized\r\n|Unauthorized\n", missing, ""},
		{"nothing is there", missing, missing, ""},
	} {
		s, _ := ask(t, 10250, web(map[string]string{"/": missing, "/pods": tt.pods, "/version": tt.version}), Verifier{})
		if s.Protocol != "http" || s.Product != tt.product {
			t.Errorf("%s: %s %q, want %q", tt.name, s.Protocol, s.Product, tt.product)
		}
	}
}
