package procfs

import (
	"cmp"
	"os"
	"strings"
	"testing"
)

func TestContainerOf(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	const pod = "11111111-2222-3333-4444-555555555555"
	folded := strings.ReplaceAll(pod, "-", "_")
	for path, want := range map[string]Container{
		"/":                                                {},
		"/system.slice/sshd.service":                       {},
		"/docker/" + id:                                    {Runtime: "docker", ID: id},
		"/docker/" + id + "/init.scope":                    {Runtime: "docker", ID: id},
		"/system.slice/docker-" + id + ".scope":            {Runtime: "docker", ID: id},
		"/system.slice/docker.service":                     {},
		"/default/" + id:                                   {Runtime: "containerd", ID: id},
		"/system.slice/nerdctl-" + id + ".scope":           {Runtime: "containerd", ID: id},
		"/machine.slice/libpod-" + id + ".scope/container": {Runtime: "podman", ID: id},
		"/machine.slice/libpod-conmon-" + id + ".scope":    {},
		"/kubepods/besteffort/pod" + pod + "/" + id:        {Runtime: "kubernetes", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + folded + ".slice/cri-containerd-" + id + ".scope": {Runtime: "kubernetes", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-pod" + folded + ".slice/crio-" + id + ".scope":                                              {Runtime: "kubernetes", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-pod" + folded + ".slice":                                                                    {},
		"/lxc/web": {Runtime: "lxc", ID: "web", Name: "web"},
		"/lxc.payload.web/system.slice/a.service":           {Runtime: "lxc", ID: "web", Name: "web"},
		"/lxc.monitor.web":                                  {},
		"/machine.slice/systemd-nspawn@web.service/payload": {Runtime: "nspawn", ID: "web", Name: "web"},
		// kind, k3s, CRI-O, containerd of another driver, systemd-machined, libvirt.
		"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice/kubelet-kubepods-besteffort-pod" + folded + ".slice/cri-containerd-" + id + ".scope": {Runtime: "kubernetes", ID: id, Pod: pod},
		"/system.slice/k3s.service/kubepods/besteffort/pod" + pod + "/" + id:                                                                                          {Runtime: "kubernetes", ID: id, Pod: pod},
		"/docker/" + id[:32] + id[:32] + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + folded + ".slice/cri-containerd-" + id + ".scope":             {Runtime: "kubernetes", ID: id, Pod: pod},
		"/system.slice/containerd.service/kubepods-burstable-pod" + folded + ".slice:cri-containerd:" + id:                                                            {Runtime: "kubernetes", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + folded + ".slice/crio-" + id + ".scope/container":                                       {Runtime: "kubernetes", ID: id, Pod: pod},
		"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + folded + ".slice/crio-conmon-" + id + ".scope":                                          {},
		"/machine.slice/machine-web\\x2d1.scope/payload":                                                                                                              {Runtime: "nspawn", ID: "web-1", Name: "web-1"},
		"/machine.slice/machine-lxc\\x2d4711\\x2dweb.libvirt-lxc.scope":                                                                                               {Runtime: "lxc", ID: "web.libvirt-lxc", Name: "web.libvirt-lxc"},
		"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator":                                                                                             {},
		"/machine.slice/machine-.scope": {},
		"/lxc.payload/web/init.scope":   {Runtime: "lxc", ID: "web", Name: "web"},
		"/podman.slice/podder":          {},
		"/user.slice/" + id[:12]:        {},
	} {
		if got := ContainerOf(path); got != want {
			t.Errorf("ContainerOf(%s) = %+v, want %+v", path, got, want)
		}
	}
}

func TestUnitOf(t *testing.T) {
	for path, want := range map[string]string{
		"":                           "",
		"/":                          "",
		"/init.scope":                "init.scope",
		"/system.slice/sshd.service": "sshd.service",
		"/system.slice/system-getty.slice/getty@tty1.service":                      "getty@tty1.service",
		"/user.slice/user-1000.slice/user@1000.service/app.slice/app-foot.service": "app-foot.service",
		"/user.slice/user-1000.slice":                                              "user-1000.slice",
		"/system.slice/sshd.service/worker":                                        "sshd.service",
		"/system.slice/_cpu.service":                                               "cpu.service",
		"/lxc.payload.web/system.slice/a.service":                                  "a.service",
	} {
		if got := UnitOf(path); got != want {
			t.Errorf("UnitOf(%s) = %q, want %q", path, got, want)
		}
	}
}

func TestParseCgroup(t *testing.T) {
	id := strings.Repeat("0123456789abcdef", 4)
	for text, want := range map[string]string{
		"":                             "",
		"junk\n":                       "",
		"0::/system.slice/a.service\n": "/system.slice/a.service",
		"9:name=systemd:/system.slice/a.service\n4:memory:/x\n0::/\n": "/system.slice/a.service",
		"9:name=systemd:/\n4:memory:/docker/" + id + "\n0::/\n":       "/docker/" + id,
		"9:name=systemd:/\n4:memory:/jobs/7\n0::/\n":                  "/",
		"4:memory:/jobs/7\n": "/jobs/7",
		"9:name=systemd:/user.slice\n0::/system.slice/a.service:with:colons\n": "/system.slice/a.service:with:colons",
	} {
		if got := ParseCgroup(text); got != want {
			t.Errorf("ParseCgroup(%q) = %q, want %q", text, got, want)
		}
	}
}

func FuzzCgroup(f *testing.F) {
	f.Add("0::/system.slice/a.service\n")
	f.Add("9:name=systemd:/\n4:memory:/docker/" + strings.Repeat("a", 64) + "\n")
	f.Add("0::/kubepods/pod/\n")
	f.Fuzz(func(t *testing.T, text string) {
		path := ParseCgroup(text)
		if path != "" && (path[0] != '/' || !strings.Contains(text, path)) {
			t.Errorf("%q is no path of %q", path, text)
		}
		if unit := UnitOf(path); !strings.Contains(path, unit) {
			t.Errorf("unit %q of %q", unit, path)
		}
		if c := ContainerOf(path); (c.Runtime == "") != (c.ID == "") || !strings.Contains(path, c.ID) {
			t.Errorf("%+v of %q", c, path)
		}
	})
}

// TestCapturedCgroups reads what real runtimes wrote; testdata/cgroups.txt says which.
func TestCapturedCgroups(t *testing.T) {
	text, err := os.ReadFile("testdata/cgroups.txt")
	if err != nil {
		t.Fatal(err)
	}
	sections := strings.Split(string(text), "\n-- ")[1:]
	if len(sections) < 30 {
		t.Fatalf("%d sections", len(sections))
	}
	for _, section := range sections {
		title, cgroup, _ := strings.Cut(section, "\n")
		what, want, _ := strings.Cut(title, " = ")
		c, got := ContainerOf(ParseCgroup(cgroup)), "none"
		if c != (Container{}) {
			got = strings.Join([]string{c.Runtime, c.ID, cmp.Or(c.Name, "-"), cmp.Or(c.Pod, "-")}, " ")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", what, got, want)
		}
	}
}
