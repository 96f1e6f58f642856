package live

// textHeight is how many lines of a text fit above the status.
func (m *model) textHeight() int { return max(1, m.height-3) }

// cover is the part of a text that stands in place of the list.
func (m *model) cover() []string {
	lines := m.text()
	return lines[m.scroll:min(len(lines), m.scroll+m.textHeight())]
}

// text is all of it.
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
