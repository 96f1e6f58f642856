package main

import (
	"errors"
	"fmt"
	"strings"
)

// block is a transcript in a file, and what became of it.
type block struct {
	line     int // of its first prompt, from 1
	stage    string
	commands []command
	stale    bool
	skipped  string // why it was not run
}

// command is a line behind a prompt, and the lines that it prints: those that the
// file has, and those of now. A line … stands for any that are left out.
type command struct {
	text       string
	shown, now []string
}

const (
	stageMark = "<!-- stage: "
	fence     = "```"
	prompt    = "$ "
	leftOut   = "…"
	attempts  = 3 // of a block that is stale: a loaded machine may be late
)

// renew runs the transcripts of a text, and returns it with what they print now.
func renew(text, binary string) (string, []*block, error) {
	lines := strings.Split(text, "\n")
	var out []string
	var blocks []*block
	for i := 0; i < len(lines); {
		b, end := parse(lines, i)
		if b == nil {
			out = append(out, lines[i])
			i++
			continue
		}
		out = append(out, lines[i], fence)
		if err := b.play(binary); err != nil {
			return "", nil, fmt.Errorf("line %d: %w", b.line, err)
		}
		blocks = append(blocks, b)
		out = append(out, b.lines()...)
		out = append(out, fence)
		i = end
	}
	return strings.Join(out, "\n"), blocks, nil
}

// parse reads the transcript whose stage is named in line i, if one is; end is the
// line after it.
func parse(lines []string, i int) (b *block, end int) {
	stage, named := strings.CutPrefix(lines[i], stageMark)
	if !named || i+2 >= len(lines) || lines[i+1] != fence {
		return nil, 0
	}
	b = &block{line: i + 3, stage: strings.TrimSuffix(stage, " -->")}
	for end = i + 2; end < len(lines) && lines[end] != fence; end++ {
		if text, ok := strings.CutPrefix(lines[end], prompt); ok {
			b.commands = append(b.commands, command{text: text})
		} else if n := len(b.commands); n > 0 {
			b.commands[n-1].shown = append(b.commands[n-1].shown, lines[end])
		}
	}
	return b, end + 1
}

// play runs the commands, again if they print something else than is shown, until
// they print the same twice.
func (b *block) play(binary string) error {
	for range attempts {
		before := b.printed()
		if err := b.run(binary); err != nil {
			var missing errMissing
			if errors.As(err, &missing) {
				b.skipped = missing.Error()
				return nil
			}
			return err
		}
		b.stale = false
		for _, c := range b.commands {
			b.stale = b.stale || !same(c.shown, c.now)
		}
		if !b.stale || same(before, b.printed()) {
			break
		}
	}
	return nil
}

// printed is all that the commands printed when they were run last.
func (b *block) printed() (out []string) {
	for _, c := range b.commands {
		out = append(out, c.now...)
	}
	return out
}

// lines are the commands and what they print: what is shown, unless it is stale.
func (b *block) lines() (out []string) {
	for _, c := range b.commands {
		out = append(out, prompt+c.text)
		if b.skipped != "" || same(c.shown, c.now) {
			out = append(out, c.shown...)
		} else {
			out = append(out, excerpt(c.shown, c.now)...)
		}
	}
	return out
}

func (b *block) report(file string, verbose bool) string {
	state := "as shown"
	if b.skipped != "" {
		state = "skipped: " + b.skipped
	} else if b.stale {
		state = "stale"
	}
	text := fmt.Sprintf("%s:%d %s: %s", file, b.line, b.stage, state)
	for _, c := range b.commands {
		if b.stale && verbose && !same(c.shown, c.now) {
			text += "\n$ " + c.text + "\n" + strings.Join(c.now, "\n")
		}
	}
	return text
}
