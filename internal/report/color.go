package report

import (
	"github.com/fatih/color"

	"porthole/internal/record"
)

// ink is what a colour means. Every ink stands beside a word that says the
// same.
type ink uint8

const (
	plain ink = iota
	good
	bad
	caution
	faint
	header
)

// paint colours text for one stream; fatih/color would decide once for all of
// them, from standard output alone.
func paint(text string, i ink, on bool) string {
	if !on || i == plain || text == "" {
		return text
	}
	c := color.New(i.attribute())
	c.EnableColor()
	return c.Sprint(text)
}

func (i ink) attribute() color.Attribute {
	switch i {
	case good:
		return color.FgGreen
	case bad:
		return color.FgRed
	case caution:
		return color.FgYellow
	case faint:
		return color.Faint
	default:
		return color.Bold
	}
}

func stateInk(r *record.Record) ink {
	switch r.State {
	case "open", "listen", "bound":
		return good
	case "unknown":
		return bad
	case "filtered", "open|filtered":
		return caution
	case "closed":
		return faint
	default:
		return plain
	}
}

func exposureInk(r *record.Record) ink {
	switch r.Exposure {
	case "all", "public":
		return caution
	case "loopback":
		return good
	default:
		return plain
	}
}

func hiddenInk(r *record.Record) ink {
	if r.Hidden != "" {
		return faint
	}
	return plain
}

func changeInk(r *record.Record) ink {
	switch r.Change.What {
	case record.ChangeOpened, record.ChangeExposure, record.ChangeOwner:
		return caution
	case record.ChangeClosed:
		return faint
	default:
		return plain
	}
}

func noteInk(*record.Record) ink { return caution }
