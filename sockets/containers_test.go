package sockets

import "testing"

func TestContainerString(t *testing.T) {
	for want, c := range map[string]*Container{
		"":                               nil,
		"docker:web":                     {Runtime: "docker", ID: "0123", Name: "web"},
		"docker:0123456789ab":            {Runtime: "docker", ID: "0123456789abcdef"},
		"kubernetes:shop/web-7d9f/nginx": {Runtime: "kubernetes", ID: "0123", Name: "nginx", PodName: "web-7d9f", PodNamespace: "shop"},
		"containerd:01":                  {Runtime: "containerd", ID: "01"},
	} {
		if got := c.String(); got != want {
			t.Errorf("%+v is %q, want %q", c, got, want)
		}
	}
}
