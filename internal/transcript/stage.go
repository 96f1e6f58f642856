package main

import (
	"context"
	"embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed stages
var stages embed.FS

// errMissing says what a stage lacks here.
type errMissing string

func (e errMissing) Error() string { return string(e) }

// exitMissing is how a stage ends that lacks a program; it prints which.
const exitMissing = 77

// director runs a stage and the commands on it, in namespaces. The first argument
// is the folder of the stage, where the commands are. Before a command the stage's
// function before_N is called, if it has one.
const director = `
set -u
ip link set lo up
mount -t tmpfs none /run
mount --bind /dev/null /etc/resolv.conf
hostname porthole
cd "$1" || exit 1
. ./common.sh
. ./stage.sh
n=1
while [ -e "command.$n" ]; do
  if [ "$(type -t "before_$n")" = function ]; then "before_$n" >/dev/null 2>&1; fi
  eval "$(cat "command.$n")" >"out.$n" 2>&1 </dev/null
  n=$((n + 1))
done
`

// run runs the commands of a block on its stage, and keeps what they print.
func (b *block) run(binary string) error {
	if os.Geteuid() != 0 {
		return errMissing("needs root, to make namespaces")
	}
	if _, err := exec.LookPath("unshare"); err != nil {
		return errMissing("needs unshare")
	}
	dir, err := os.MkdirTemp("", "stage-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := b.prepare(dir); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--uts", "bash", "-c", director, "bash", dir)
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	cmd.Env = []string{"PATH=" + filepath.Dir(binary) + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin", "HOME=" + dir, "LC_ALL=C.UTF-8", "TERM=xterm-256color"}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == exitMissing {
		return errMissing(strings.TrimSpace(string(out)))
	}
	if err != nil {
		return fmt.Errorf("stage %s: %w\n%s", b.stage, err, out)
	}
	return b.collect(dir)
}

// prepare puts the stage and the commands into its folder.
func (b *block) prepare(dir string) error {
	for name, file := range map[string]string{"common": "common.sh", b.stage: "stage.sh"} {
		script, err := stages.ReadFile("stages/" + name + ".sh")
		if err != nil {
			return fmt.Errorf("no stage %q: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(dir, file), script, 0o666); err != nil {
			return err
		}
	}
	for i, c := range b.commands {
		if err := os.WriteFile(filepath.Join(dir, "command."+strconv.Itoa(i+1)), []byte(c.text), 0o666); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o755) // servers drop their rights
}

func (b *block) collect(dir string) error {
	for i := range b.commands {
		out, err := os.ReadFile(filepath.Join(dir, "out."+strconv.Itoa(i+1)))
		if err != nil {
			return err
		}
		c := &b.commands[i]
		c.now = nil
		if len(out) > 0 {
			c.now = strings.Split(strings.TrimRight(string(out), "\n"), "\n")
		}
		if i+1 < len(b.commands) && len(c.shown) > 0 {
			c.now = append(c.now, "") // between two transcripts
		}
	}
	return nil
}
