package cli

import (
	_ "embed"
	"io"

	"github.com/urfave/cli/v2"

	"porthole/internal/sentence"
)

//go:embed completion/porthole.bash
var bashScript string

//go:embed completion/porthole.zsh
var zshScript string

//go:embed completion/porthole.fish
var fishScript string

//go:embed completion/porthole.ps1
var powershellScript string

// shells are what porthole completion knows, in the order of its messages.
func shells() []string { return []string{"bash", "zsh", "fish", "powershell"} }

func completionScript(shell string) (script string, ok bool) {
	switch shell {
	case "bash":
		return bashScript, true
	case "zsh":
		return zshScript, true
	case "fish":
		return fishScript, true
	case "powershell":
		return powershellScript, true
	default:
		return "", false
	}
}

func (c console) completionCommand() *cli.Command {
	return &cli.Command{
		Name:      "completion",
		Usage:     "the script that completes porthole's words in a shell",
		ArgsUsage: "SHELL",
		Action:    c.action(console.completion),
		Description: "A shell is bash, zsh, fish or powershell. The script asks porthole itself for the words, " +
			"so one that is installed once also knows the flags of later versions and your own services.",
		UsageText: examples(
			"source <(porthole completion bash)", "in this bash or zsh",
			`porthole completion zsh > "${fpath[1]}/_porthole"`, "in every zsh",
			"porthole completion fish | source", "in this fish",
			"porthole completion powershell >> $PROFILE", "in every PowerShell",
		),
	}
}

func (c console) completion(ctx *cli.Context) error {
	if ctx.NArg() != 1 {
		return usagef("completion: name one shell of %s", sentence.Join(shells(), "and"))
	}
	script, ok := completionScript(ctx.Args().First())
	if !ok {
		return usagef("completion: no script for %q; there is one for %s", ctx.Args().First(), sentence.Join(shells(), "and"))
	}
	_, err := io.WriteString(c.out, script)
	return err
}
