package sockets

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const fibTrie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.1
              /32 host LOCAL
Local:
        |-- 172.17.0.2
           /32 host LOCAL
        |-- 172.17.255.255
           /32 link BROADCAST
`

func TestNamespaceAddrs(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := namespaceAddrs(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a table: %v; unknown is not the same as none", err)
	}
	write("fib_trie", fibTrie)
	if got, err := namespaceAddrs(dir); err != nil || !slices.Equal(got, []netip.Addr{netip.MustParseAddr("172.17.0.2")}) {
		t.Errorf("IPv4: %v, %v", got, err)
	}
	write("if_inet6", "00000000000000000000000000000001 01 80 10 80       lo\nfd000000000000000000000000000002 02 40 00 80     eth0\n")
	if got, err := namespaceAddrs(dir); err != nil || len(got) != 2 || got[1] != netip.MustParseAddr("fd00::2") {
		t.Errorf("both: %v, %v", got, err)
	}
	write("if_inet6", "xyz 01\n")
	if got, err := namespaceAddrs(dir); err == nil {
		t.Errorf("nonsense read as %v", got)
	}
}

// TestContainerNames asks a socket that answers as docker does.
func TestContainerNames(t *testing.T) {
	const body = `[{"Id":"abc","Names":["/web","/other"]},{"Id":"def","Names":[]}]`
	for _, test := range []struct {
		about, answer string
		want          map[string]string
	}{
		{"docker", "HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + body, map[string]string{"abc": "web"}},
		{"refused", "HTTP/1.0 403 Forbidden\r\n\r\n[]", nil},
		{"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n", nil},
		{"another protocol", "SSH-2.0-OpenSSH\r\n", nil},
		{"cut off", "HTTP/1.0 200 OK\r\n\r\n[{", nil},
		{"silent", "", nil},
	} {
		socket := filepath.Join(t.TempDir(), "s")
		l, err := net.Listen("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		asked := make(chan string, 1)
		go func() {
			c, err := l.Accept()
			if err != nil {
				return
			}
			defer c.Close()
			line, _ := bufio.NewReader(c).ReadString('\n')
			asked <- line
			io.WriteString(c, test.answer)
		}()
		got, err := containerNames(t.Context(), socket)
		if diff := cmp.Diff(test.want, got); diff != "" || (err == nil) != (test.want != nil) {
			t.Errorf("%s: %v (-want +got):\n%s", test.about, err, diff)
		}
		if line := <-asked; line != "GET /containers/json HTTP/1.0\r\n" {
			t.Errorf("asked %q", line)
		}
		l.Close()
	}
}

// TestRuntimeAsked: a runtime is asked for the names of containers that were
// met, and not for rows alone.
func TestRuntimeAsked(t *testing.T) {
	id := strings.Repeat("0f", 32)
	for _, holders := range []bool{true, false} {
		var asked []string
		c := thisKernel()
		c.runtimeNames = func(_ context.Context, socket string) (map[string]string, error) {
			asked = append(asked, socket)
			return map[string]string{id: "web"}, nil
		}
		k := newKernelSource(c)
		rows := []row{{Socket: Socket{Processes: []Process{{PID: 1, Container: k.processes.cgroups.container("/docker/" + id)}}}}}
		k.finish(t.Context(), want{holders: holders}, rows)
		want := "docker:" + id[:12]
		if holders {
			want = "docker:web"
		}
		if got := rows[0].Container.String(); got != want || (len(asked) > 0) != holders {
			t.Errorf("holders %v: container %q after asking %q", holders, got, asked)
		}
	}
}

// TestContainerNamesHang: a runtime that does not answer does not hold the list up.
func TestContainerNamesHang(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		bufio.NewReader(c).ReadString('\n')
		cancel()
		io.Copy(io.Discard, c)
	}()
	if got, err := containerNames(ctx, socket); err == nil {
		t.Errorf("got %v", got)
	}
}

func FuzzParseContainers(f *testing.F) {
	f.Add("HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n[{\"Id\":\"abc\",\"Names\":[\"/web\"]}]")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n")
	f.Fuzz(func(t *testing.T, answer string) {
		if names, err := parseContainers(strings.NewReader(answer)); err != nil && names != nil {
			t.Errorf("%v and %v", names, err)
		}
	})
}

// TestUnit: what systemd handed down names the service too, by its holder.
func TestUnit(t *testing.T) {
	systemd := Process{PID: 1, Name: "systemd", Unit: "init.scope"}
	inside := Process{PID: 1<<31 - 2, Name: "systemd", Unit: "init.scope"} // a container's, or a user's
	service := Process{PID: 1<<31 - 1, Name: "web", Unit: "web.service"}   // no such process: no LISTEN_FDNAMES
	for _, test := range []struct {
		about string
		s     Socket
		want  string
	}{
		{"its own", Socket{Cgroup: "/system.slice/web.service", Processes: []Process{service}}, "web.service"},
		{"hidden holder", Socket{Cgroup: "/system.slice/web.service"}, "web.service"},
		{"handed down", Socket{Cgroup: "/init.scope", Processes: []Process{systemd, service}}, "web.service"},
		{"handed down inside", Socket{Cgroup: "/", Processes: []Process{inside, service}}, "web.service"},
		{"not yet taken", Socket{Cgroup: "/init.scope", Processes: []Process{systemd}}, "init.scope"},
		{"no cgroup v2", Socket{Cgroup: "/", Processes: []Process{service}}, "web.service"},
		{"nothing", Socket{}, ""},
	} {
		if got := (&labels{procFS: procFS{root: "/proc"}}).unit(&test.s); got != test.want {
			t.Errorf("%s: unit %q, want %q", test.about, got, test.want)
		}
	}
}

// TestPublished: the host's side of a published port names the container.
func TestPublished(t *testing.T) {
	web := &Container{Runtime: "docker", ID: "abc", Name: "web"}
	l := &labels{inside: map[int]*Container{42: web}, netns: &netnsSet{read: []*netnsInfo{
		{netns: netns{pid: 42}, addrs: withoutLinks(netip.MustParseAddr("172.17.0.2"))},
	}}}
	args := []string{"/usr/bin/docker-proxy", "-proto", "tcp", "-host-ip", "0.0.0.0", "-host-port", "8080", "-container-ip", "172.17.0.2", "-container-port", "80", "-use-listen-fd"}
	r := row{Socket: Socket{Local: netip.MustParseAddrPort("0.0.0.0:8080"), Processes: []Process{{Cmdline: args}}}}
	got := l.published(t.Context(), &r)
	if got == nil || got.To != netip.MustParseAddrPort("172.17.0.2:80") || got.Container != web {
		t.Errorf("got %+v", got)
	}
}

// TestCgroupPath: the cgroup that the kernel tells of a socket of this test
// has a path, and it is this test's.
func TestCgroupPath(t *testing.T) {
	at := mustListen(t, "127.0.0.1:0")
	s := find(t, list(t, &Lister{}), "tcp", at)
	text, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		t.Skip(err)
	}
	if s.Cgroup == "" || !strings.Contains(string(text), "0::") {
		t.Skip("no cgroup v2 here")
	}
	if !strings.Contains(string(text), "0::"+s.Cgroup+"\n") {
		t.Errorf("made in %q, this test is in %q", s.Cgroup, text)
	}
	// The two ways to look a cgroup up agree.
	var c cgroups
	mounts, err := (&mountTable{procFS: thisKernel().procFS}).read()
	if err != nil {
		t.Fatal(err)
	}
	for inode, path := range cgroupTree(mounts.Cgroup) {
		if got := c.path(mounts.Cgroup, inode); got != path {
			t.Errorf("cgroup %d is %q by handle, %q by name", inode, got, path)
		}
	}
}

// TestTableFiles reads a captured machine.
func TestTableFiles(t *testing.T) {
	var got []string
	rows, err := tableFiles("testdata/proc/net", false)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		got = append(got, r.Proto+" "+r.Local.String()+" "+r.State.String())
	}
	want := []string{
		"tcp 0.0.0.0:2024 listen", "tcp 127.0.0.1:8080 listen", "tcp [::1]:8443 listen",
		"udp 127.0.0.1:5353 bound", "udp [::]:5353 bound", "udplite 127.0.0.1:6000 bound",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if all, err := tableFiles("testdata/proc/net", true); err != nil || len(all) <= len(rows) {
		t.Errorf("%d rows of all states, %v", len(all), err)
	}
	if _, err := tableFiles(t.TempDir(), false); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no tables: %v", err)
	}
}

// TestTableFilesAgree: the text tables name the same sockets as sock_diag.
func TestTableFilesAgree(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0", "0.0.0.0:0"} {
		at := mustListen(t, address)
		rows, err := tableFiles("/proc/thread-self/net", false)
		if err != nil {
			t.Fatal(err)
		}
		s := find(t, list(t, &Lister{}), "tcp", at)
		i := slices.IndexFunc(rows, func(r row) bool { return r.Inode == s.Inode })
		if i < 0 || rows[i].Local != at || rows[i].UID != s.UID || rows[i].State != s.State {
			t.Errorf("%v is not among the text tables as %+v", at, s)
		}
	}
}

// TestNamePods names a container by a log folder as a kubelet has it, and no other.
func TestNamePods(t *testing.T) {
	id, other := strings.Repeat("0f", 32), strings.Repeat("1e", 32)
	folder := t.TempDir()
	for _, name := range []string{"web-7d9f_shop_nginx-" + id + ".log", "db-0_shop_postgres-" + strings.Repeat("2d", 32) + ".log", "readme"} {
		if err := os.Symlink("/var/log/pods/none", filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	l := &labels{cgroups: new(cgroups)}
	const uid = "11111111-2222-3333-4444-555555555555"
	named := l.cgroups.container("/kubepods/burstable/pod" + uid + "/" + id)
	unnamed := l.cgroups.container("/kubepods/burstable/pod" + uid + "/" + other)
	docker := l.cgroups.container("/docker/" + id)
	l.namePods(folder)
	for c, want := range map[*Container]string{named: "kubernetes:shop/web-7d9f/nginx", unnamed: "kubernetes:" + other[:12], docker: "docker:" + id[:12]} {
		if c.String() != want {
			t.Errorf("%+v is %q, want %q", c, c, want)
		}
	}
	l.namePods(filepath.Join(folder, "none")) // no kubelet here
}

// TestContainerdTask: ctr names containers as it likes, so that only the folder of
// containerd 1.6.20 tells them from other cgroups.
func TestContainerdTask(t *testing.T) {
	tasks := t.TempDir()
	if err := os.MkdirAll(filepath.Join(tasks, "default/mycontainer/rootfs"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/", filepath.Join(tasks, "default/link")); err != nil {
		t.Fatal(err)
	}
	c := cgroups{tasks: tasks}
	for path, want := range map[string]string{
		"/default/mycontainer":         "containerd:mycontainer",
		"/default/other":               "",
		"/default/link":                "",
		"/default":                     "",
		"/default/mycontainer/rootfs":  "",
		"/default/..":                  "",
		"/../mycontainer":              "",
		"/system.slice/docker.service": "",
		"/":                            "",
		"":                             "",
	} {
		if got := c.container(path).String(); got != want {
			t.Errorf("%q is %q, want %q", path, got, want)
		}
	}
	if got := new(cgroups).container("/default/mycontainer"); got != nil {
		t.Errorf("without the folder it is %v", got)
	}
}
