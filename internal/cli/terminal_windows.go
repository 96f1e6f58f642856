package cli

import "golang.org/x/sys/windows"

// takesEscapes makes a console take escape sequences, if it can: before Windows 10
// none could, and cmd.exe starts with that switched off. What is written to a console
// reaches it as UTF-16, whatever its code page is.
func takesEscapes(fd int) bool {
	console, wanted := windows.Handle(fd), uint32(windows.ENABLE_PROCESSED_OUTPUT|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING)
	var mode uint32
	if err := windows.GetConsoleMode(console, &mode); err != nil {
		return false
	}
	return mode&wanted == wanted || windows.SetConsoleMode(console, mode|wanted) == nil
}
