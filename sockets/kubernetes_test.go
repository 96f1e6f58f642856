package sockets

import (
	"strings"
	"testing"
)

func TestParseKubeletLog(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for file, want := range map[string]podContainer{
		"web-7d9f8b6c5-x2x4z_shop_nginx-" + id + ".log":          {"shop", "web-7d9f8b6c5-x2x4z", "nginx"},
		"kube-proxy-abcde_kube-system_kube-proxy-" + id + ".log": {"kube-system", "kube-proxy-abcde", "kube-proxy"},
		"etcd-node.example.org_kube-system_etcd-" + id + ".log":  {"kube-system", "etcd-node.example.org", "etcd"},
		"web_shop_nginx-" + id[:63] + ".log":                     {},
		"web_shop_nginx-" + id:                                   {},
		"web_shop_" + id + ".log":                                {},
		"_shop_nginx-" + id + ".log":                             {},
		"web_nginx-" + id + ".log":                               {},
		cutLog(id):                                               {"shop", strings.Repeat("p", 200), "nginx"},
		cutLog(id)[1:]:                                           {}, // not as long as what is cut
		"":                                                       {},
	} {
		gotID, got, ok := parseKubeletLog(file)
		if got != want || ok != (want.pod != "") || ok && !strings.HasPrefix(id, gotID) {
			t.Errorf("%s: %+v, %q, %v", file, got, gotID, ok)
		}
	}
}

// cutLog is the name of a log that is so long that the kubelet cuts it.
func cutLog(id string) string {
	return (strings.Repeat("p", 200) + "_shop_nginx-" + id)[:251] + ".log"
}

func FuzzParseKubeletLog(f *testing.F) {
	f.Add("web-7d9f8b6c5-x2x4z_shop_nginx-" + strings.Repeat("0123456789abcdef", 4) + ".log")
	f.Add("a_b_c-d.log")
	f.Fuzz(func(t *testing.T, file string) {
		if id, c, ok := parseKubeletLog(file); ok && file != c.pod+"_"+c.namespace+"_"+c.name+"-"+id+".log" {
			t.Errorf("%q read as %+v, %q", file, c, id)
		}
	})
}
