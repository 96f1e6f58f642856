package cli

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tabs are lines before and after TAB, the same in every shell.
func tabs() [][2]string {
	return [][2]string{
		{"porthole sca", "porthole scan "},
		{"porthole scan --conc", "porthole scan --concurrency "},
		{"porthole scan localhost --disc", "porthole scan localhost --discover "},
		{"porthole scan -p well-k", "porthole scan -p well-known "},
		{"porthole scan -p top:10", "porthole scan -p top:100"},
		{"porthole scan -p 22,https-a", "porthole scan -p 22,https-alt "},
		{"porthole scan -p T:22,U:snapd", "porthole scan -p T:22,U:snapd "},
		{"porthole scan -phttps-a", "porthole scan -phttps-alt "},
		{"porthole scan --ports=22,https-a", "porthole scan --ports=22,https-alt "},
		{"porthole -o prom", "porthole -o prometheus "},
		{"porthole list -o prom", "porthole list -o prometheus "},
		{"porthole scan -o json=res", "porthole scan -o json=results.json "},
		{"porthole scan -o csv -o json=res", "porthole scan -o csv -o json=results.json "},
		{"porthole scan --output=json=res", "porthole scan --output=json=results.json "},
		{"porthole scan --input=res", "porthole scan --input=results.json "},
		{"porthole scan -i res", "porthole scan -i results.json "},
		{"porthole scan --color=nev", "porthole scan --color=never "},
		{"porthole scan --show closed,fi", "porthole scan --show closed,filtered "},
		{"porthole list --exposure loopback,p", "porthole list --exposure loopback,public "},
		{"porthole list --proto t", "porthole list --proto tcp "},
		{"porthole lookup my-own", "porthole lookup my-own-service "},
		{"porthole list --user roo", "porthole list --user root "},
		{"porthole completion z", "porthole completion zsh "},
		{"porthole lookup 44", "porthole lookup 44"},
	}
}

func TestBashCompletion(t *testing.T) {
	dir, env := completionHome(t, "bash")
	writeTo(t, dir, "rc", `
PS1='`+prompt+`'
source ./script
dump() { printf '%s\n' "$READLINE_LINE" >"$LINES_TO"; READLINE_LINE= READLINE_POINT=0; }
bind 'set bell-style none' 'set enable-bracketed-paste off' 'set show-all-if-ambiguous off'
bind -x '"\C-x\C-p": dump'
`)
	s := startShell(t, dir, env, "bash", "--noprofile", "--rcfile", "rc", "-i")
	checkTabs(t, s, tabs())
	checkTabs(t, s, [][2]string{{`porthole scan --show open\|`, `porthole scan --show open\|filtered `}})

	port := listenerPort(t)
	checkTabs(t, s, [][2]string{{"porthole explain " + port, "porthole explain " + port + " "}})
	const insertAll = "\x1b*"
	if first := strings.Fields(s.after("porthole explain " + insertAll))[2]; strings.Trim(first, "0123456789") != "" {
		t.Errorf("%q is offered before the ports in use", first)
	}
	if got, want := s.after("porthole scan --discover "+insertAll), "porthole scan --discover auto always never only "; got != want {
		t.Errorf("all words: %q, want %q", got, want)
	}
	offered := strings.Fields(s.after("porthole list --exposure=" + insertAll))
	if want := []string{"loopback", "local", "public", "all", "reachable", "firewalled"}; !slices.Equal(offered[2:], append([]string{"--exposure=" + want[0]}, want[1:]...)) {
		t.Errorf("behind = there are %q, want %q", offered, want)
	}
}

func TestZshCompletion(t *testing.T) {
	dir, env := completionHome(t, "zsh")
	if err := os.Rename(filepath.Join(dir, "script"), filepath.Join(dir, "_porthole")); err != nil {
		t.Fatal(err)
	}
	writeTo(t, dir, ".zshrc", `
PS1='`+prompt+`'
unsetopt prompt_sp prompt_cr beep
fpath=($PWD $fpath)
autoload -Uz compinit && compinit -u -D
dump() { print -r -- "$BUFFER" >"$LINES_TO"; BUFFER= }
zle -N dump
bindkey '^X^P' dump
bindkey '^X^N' menu-complete
`)
	s := startShell(t, dir, append(env, "ZDOTDIR="+dir), "zsh", "-d", "-i")
	checkTabs(t, s, tabs())
	listenerPort(t)
	if got := s.after("porthole explain \x18\x0e"); strings.Trim(got, "0123456789 ") != "porthole explain" {
		t.Errorf("zsh begins with %q, not with the ports in use", got)
	}
}

func TestFishCompletion(t *testing.T) {
	dir, env := completionHome(t, "fish")
	writeTo(t, dir, "config.fish", `
function fish_prompt; printf '`+prompt+`'; end
function fish_greeting; end
function dump; commandline >$LINES_TO; commandline ''; end
set -g fish_autosuggestion_enabled 0
bind \cx\cp dump
source ./script
`)
	s := startShell(t, dir, env, "fish", "--no-config", "-C", "source config.fish", "-i")
	checkTabs(t, s, tabs())
	listenerPort(t)
	if got := s.after("porthole explain \t\t"); strings.Trim(got, "0123456789 ") != "porthole explain" {
		t.Errorf("fish begins with %q, not with the ports in use", got)
	}
}

// TestPowershellCompletion asks PowerShell for the first completion.
func TestPowershellCompletion(t *testing.T) {
	dir, env := completionHome(t, "powershell")
	writeTo(t, dir, "ask.ps1", `
Get-Content -Raw ./script | Invoke-Expression
foreach ($line in $args) { (TabExpansion2 $line $line.Length).CompletionMatches[0].CompletionText }
`)
	cmd := exec.Command("pwsh", "-NoProfile", "-File", "ask.ps1",
		"porthole sca", "porthole scan -p 22,https-a", "porthole scan -o json=res", "porthole completion z")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff([]string{"scan", "https-alt", "json=results.json", "zsh"}, strings.Fields(string(out))); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func checkTabs(t *testing.T, s *shell, cases [][2]string) {
	t.Helper()
	for _, c := range cases {
		if got := s.after(c[0] + "\t"); got != c[1] {
			t.Errorf("%q and TAB make %q, want %q", c[0], got, c[1])
		}
	}
}

// completionHome is a folder with a shell's script, a file to complete, and a
// services file; it skips the test without the shell.
func completionHome(t *testing.T, shell string) (dir string, env []string) {
	t.Helper()
	program := shell
	if shell == "powershell" {
		program = "pwsh"
	}
	if _, err := exec.LookPath(program); err != nil {
		t.Skipf("%s is not installed: %v", shell, err)
	}
	script, err := exec.Command("porthole", "completion", shell).Output()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	writeTo(t, dir, "script", string(script))
	writeTo(t, dir, "results.json", "{}")
	services := writeTo(t, dir, "services", "my-own-service 4711/tcp\n")
	return dir, []string{"HOME=" + dir, "XDG_CONFIG_HOME=" + dir, "XDG_DATA_HOME=" + dir, "PORTHOLE_SERVICES=" + services}
}

func writeTo(t *testing.T, dir, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
