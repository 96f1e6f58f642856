package cli

import (
	"github.com/urfave/cli/v2"

	"porthole/internal/manual"
)

//go:generate go run ./gen -docs ../../docs

// Manual is porthole as its manual pages describe it. Nothing in the program
// calls it, so that the pages' writer stays out of the binary.
func Manual() manual.Program {
	app := console{}.app()
	p := manual.Program{About: app.Usage, Revised: "2026-11-23"}
	for _, cmd := range visible(app) {
		p.Commands = append(p.Commands, describe(cmd))
	}
	return p
}

// visible are the commands for people.
func visible(app *cli.App) (list []*cli.Command) {
	for _, cmd := range app.Commands {
		if !cmd.Hidden {
			list = append(list, cmd)
		}
	}
	return list
}
