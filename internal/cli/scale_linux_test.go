package cli

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"porthole/internal/record"
	"porthole/internal/report"
)

// scaleShards is N in the files of docs/scale.md.
const scaleShards = 16

// TestScaleParallel runs GNU parallel with the script in docs/scale.md, on this
// machine alone.
func TestScaleParallel(t *testing.T) {
	requireGNUParallel(t)
	dir, want := scaleHome(t)
	writeTo(t, dir, "machines", ":\n")
	runScale(t, dir, scaleFile(t, "sh"))
	if page, err := os.ReadFile(filepath.Join(dir, "scan.html")); err != nil || len(page) == 0 {
		t.Errorf("the merged page has %d bytes: %v", len(page), err)
	}
	checkMerged(t, dir, want)
}

// TestScaleParallelSSH does the same on two machines by ssh. Their servers are
// one process for each connection and talk to the client through pipes, so that
// nothing listens and nothing is left behind.
func TestScaleParallelSSH(t *testing.T) {
	requireGNUParallel(t)
	for _, name := range []string{"ssh", "ssh-keygen", "rsync", "/usr/sbin/sshd"} {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("no GNU parallel over ssh: %v", err)
		}
	}
	if _, err := os.Stat("/run/sshd"); os.Getuid() == 0 && err != nil {
		t.Skipf("sshd run by root wants its folder: %v", err)
	}
	dir, want := scaleHome(t)
	machines := []string{sshMachine(t, dir, "one"), sshMachine(t, dir, "two")}
	writeTo(t, dir, "machines", strings.Join(machines, "\n")+"\n")
	runScale(t, dir, scaleFile(t, "sh"))
	checkMerged(t, dir, want)
	log, err := os.ReadFile(filepath.Join(dir, "shards.log"))
	if err != nil {
		t.Fatal(err)
	}
	for _, machine := range machines {
		if n := strings.Count(string(log), machine); n == 0 {
			t.Errorf("no shard was run on %q:\n%s", machine, log)
		}
	}
}

// requireGNUParallel skips the test where parallel is missing or, as with
// moreutils, another program of that name.
func requireGNUParallel(t *testing.T) {
	t.Helper()
	out, err := exec.Command("parallel", "--version").CombinedOutput()
	if !strings.HasPrefix(string(out), "GNU parallel") {
		t.Skipf("GNU parallel is not installed; parallel --version says %q, %v", out, err)
	}
}

// sshMachine makes a machine that GNU parallel reaches by the command it
// returns: the login shell there starts in a folder of its own.
func sshMachine(t *testing.T, dir, name string) string {
	t.Helper()
	home := filepath.Join(dir, name)
	if err := os.Mkdir(home, 0o755); err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(home, "key")
	if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	writeTo(t, home, "login", fmt.Sprintf("cd %q && PATH=%q exec sh -c \"$SSH_ORIGINAL_COMMAND\"\n", home, os.Getenv("PATH")))
	writeTo(t, home, "sshd_config", fmt.Sprintf(`HostKey %[1]s/key
AuthorizedKeysFile %[1]s/key.pub
ForceCommand sh %[1]s/login
StrictModes no
UsePAM no
PidFile none
PermitRootLogin prohibit-password
`, home))
	writeTo(t, home, "ssh_config", fmt.Sprintf(`Host *
ProxyCommand /usr/sbin/sshd -i -f %[1]s/sshd_config
IdentityFile %[1]s/key
IdentitiesOnly yes
StrictHostKeyChecking no
UserKnownHostsFile /dev/null
BatchMode yes
LogLevel ERROR
`, home))
	return fmt.Sprintf("ssh -F %s/ssh_config %s", home, name)
}

// TestScaleSlurm runs the array's script as Slurm does, once for each task, and
// one of them again.
func TestScaleSlurm(t *testing.T) {
	dir, want := scaleHome(t)
	script := scaleFile(t, "sbatch")
	if !strings.Contains(script, fmt.Sprintf("#SBATCH --array=1-%d\n", scaleShards)) {
		t.Errorf("the array is not of %d tasks:\n%s", scaleShards, script)
	}
	for n := range scaleShards {
		runScale(t, dir, script, fmt.Sprintf("SLURM_ARRAY_TASK_ID=%d", n+1))
	}
	runScale(t, dir, script, "SLURM_ARRAY_TASK_ID=7")
	checkMerged(t, dir, want)
}

// TestScaleKubernetes runs what the Job's pods run, once for each index.
func TestScaleKubernetes(t *testing.T) {
	dir, want := scaleHome(t)
	job := scaleFile(t, "yaml")
	if !strings.Contains(job, fmt.Sprintf("\n  completions: %d\n", scaleShards)) {
		t.Errorf("the job does not have %d completions:\n%s", scaleShards, job)
	}
	_, script, _ := strings.Cut(job, "- |\n")
	script, _, found := strings.Cut(script, "          resources:")
	if !found {
		t.Fatalf("no script in\n%s", job)
	}
	for n := range scaleShards {
		runScale(t, dir, script, fmt.Sprintf("JOB_COMPLETION_INDEX=%d", n))
	}
	checkMerged(t, dir, want)
}

// scaleFile is the one block of docs/scale.md in a language.
func scaleFile(t *testing.T, language string) string {
	t.Helper()
	doc, err := os.ReadFile("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(doc), "\n```"+language+"\n")
	text, _, closed := strings.Cut(rest, "\n```\n")
	if !found || !closed {
		t.Fatalf("docs/scale.md has no block in %s", language)
	}
	return text + "\n"
}

// scaleHome is a folder with a targets.txt of loopback addresses, and what is
// open there in any case: three ports with listeners of their own.
func scaleHome(t *testing.T) (dir string, want []string) {
	t.Helper()
	targets := "127.0.0.1\n127.0.0.2\n"
	for range 3 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { l.Close() })
		targets += l.Addr().String() + "\n"
		want = append(want, l.Addr().String())
	}
	slices.Sort(want)
	dir = t.TempDir()
	writeTo(t, dir, "targets.txt", targets)
	return dir, want
}

func runScale(t *testing.T, dir, script string, env ...string) {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append(env, "HOME="+dir)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%q: %v\n%s", env, err, out)
	}
}

// checkMerged joins the shards in dir into a complete scan that has found want;
// what else is open on this machine does not matter.
func checkMerged(t *testing.T, dir string, want []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "shard-*.jsonl"))
	if err != nil || len(files) != scaleShards {
		t.Fatalf("%d shards: %v", len(files), err)
	}
	out, err := exec.Command("porthole", append([]string{"merge", "-o", "jsonl", "-q"}, files...)...).Output()
	if err != nil {
		t.Fatalf("merge: %v\n%s", err, out)
	}
	var got []string
	sum, err := report.Read(strings.NewReader(string(out)), func(r *record.Record) error {
		if addr := fmt.Sprintf("%s:%d", r.Addr, r.Port); slices.Contains(want, addr) {
			got = append(got, addr)
		}
		return nil
	})
	if err != nil || sum == nil {
		t.Fatal(sum, err)
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || !sum.Complete {
		t.Errorf("complete: %v, -listening +merged\n%s", sum.Complete, diff)
	}
}
