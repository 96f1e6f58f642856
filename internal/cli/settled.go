package cli

import "github.com/urfave/cli/v2"

// settled is a flag that knows its names. urfave/cli asks for them some 260
// times in a list, and works them out by a regular expression each time.
type settled struct {
	cli.Flag
	names []string
}

func (s settled) Names() []string { return s.names }

// settle does so for flags of which urfave/cli wants no more than a [cli.Flag] has,
// once their help is out of the question.
func settle(flags []cli.Flag) {
	for i, f := range flags {
		switch f.(type) {
		case *cli.BoolFlag, *cli.StringFlag, *cli.IntFlag, *cli.DurationFlag:
			flags[i] = settled{f, f.Names()}
		}
	}
}
