package report

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestPageScript runs the page's script in a browser: under the page's own policy,
// and with a reader who presses figures, searches, and shows all again.
func TestPageScript(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil || testing.Short() {
		t.Skip("needs chromium, and some seconds")
	}
	page := scanRun().write(t, FormatHTML)
	if dom := browse(t, browser, page); !strings.Contains(dom, `<output>9 rows</output>`) || !strings.Contains(dom, `<button type="button" aria-pressed="false"><b>4</b> <span>open</span></button>`) {
		t.Errorf("under its policy the script made\n%s", dom)
	}
	const reader = `<script>
const say = (what) => document.body.append(what + ": " + document.querySelector("output").textContent + "; ");
const press = (show) => document.querySelector("[data-show='" + show + "'] button").click();
press("open"); say("open");
press("filtered"); say("filtered, too");
const input = document.querySelector("input");
input.value = "198.18.0.8"; input.dispatchEvent(new Event("input")); say("search");
document.dispatchEvent(new KeyboardEvent("keydown", {key: "Escape"})); say("all");
press("unknown"); press("unknown"); say("none");
</script></body>`
	page = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(page, "")
	dom := browse(t, browser, strings.Replace(page, "</body>", reader, 1))
	if want := "open: 5 of 9 rows; filtered, too: 6 of 9 rows; search: 1 of 9 rows; all: 9 rows; none: 9 rows; "; !strings.Contains(dom, want) {
		t.Errorf("not %q:\n%s", want, dom[max(0, len(dom)-400):])
	}
}

// browse is the page as a browser has it when its scripts have run.
func browse(t *testing.T, browser, page string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(browser, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(), "--dump-dom", "file://"+file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
