package live

// textHeight is the number of lines of an overlay: the terminal without the title,
// the status and the keys.
func (m *model) textHeight() int { return max(1, m.height-3) }

// overlay returns the visible lines of the text that is shown instead of the list:
// help, a detail, or the dialog to end a process.
func (m *model) overlay() []string {
	lines := m.text()
	return lines[m.scroll:min(len(lines), m.scroll+m.textHeight())]
}

// text returns all lines of the overlay.
func (m *model) text() (lines []string) {
	var text []string
	switch m.mode {
	case helping:
		text = help(m.width)
	case killing:
		text = m.killText()
	default:
		text = m.detailText()
	}
	for i, line := range text {
		line = m.style.cut(m.style.plain(line), m.width)
		if i == 0 {
			line = m.style.paint(line, bold)
		}
		lines = append(lines, line)
	}
	return lines
}
