package report

import (
	"github.com/fatih/color"

	"porthole/internal/record"
)

// style is what a colour means. Colour never carries a meaning alone: the text
// beside it says the same.
type style uint8

const (
	stylePlain style = iota
	styleGood
	styleBad
	styleCaution
	styleFaint
	styleHeader
)

// paint colours text if on is set. The caller decides for each stream, since
// fatih/color by itself looks at standard output only.
func paint(text string, s style, on bool) string {
	if !on || s == stylePlain || text == "" {
		return text
	}
	c := color.New(s.attribute())
	c.EnableColor()
	return c.Sprint(text)
}

func (s style) attribute() color.Attribute {
	switch s {
	case styleGood:
		return color.FgGreen
	case styleBad:
		return color.FgRed
	case styleCaution:
		return color.FgYellow
	case styleFaint:
		return color.Faint
	default:
		return color.Bold
	}
}

func stateStyle(r *record.Record) style {
	switch r.State {
	case "open", "listen", "bound":
		return styleGood
	case "unknown":
		return styleBad
	case "filtered", "open|filtered", "closed|filtered":
		return styleCaution
	case "closed":
		return styleFaint
	default:
		return stylePlain
	}
}

func exposureStyle(r *record.Record) style {
	if r.Reach.Nobody() {
		return styleGood
	}
	switch r.Exposure {
	case "all", "public":
		return styleCaution
	case "loopback":
		return styleGood
	default:
		return stylePlain
	}
}

func hiddenStyle(r *record.Record) style {
	if r.Hidden != "" {
		return styleFaint
	}
	return stylePlain
}

func changeStyle(r *record.Record) style {
	switch r.Change.What {
	case record.ChangeOpened, record.ChangeExposure, record.ChangeReach, record.ChangeOwner:
		return styleCaution
	case record.ChangeClosed:
		return styleFaint
	default:
		return stylePlain
	}
}

func noteStyle(*record.Record) style { return styleCaution }
