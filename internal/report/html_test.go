package report

import (
	"regexp"
	"strings"
	"testing"

	"porthole/internal/record"
)

func pages(t *testing.T) map[string]string {
	lookup := run{
		o:       Options{Command: "lookup", Kind: record.KindService, Args: []string{"porthole", "lookup", "ssh"}, Start: start()},
		records: []*record.Record{{Kind: record.KindService, Proto: "tcp", Port: 22, Service: "ssh", Class: "well-known", Description: "The Secure Shell <b>"}},
		sum:     record.Summary{Kind: "summary", Command: "lookup", Complete: true, LookupCounts: &record.LookupCounts{Services: 1}},
	}
	out := make(map[string]string)
	for name, r := range map[string]run{"scan": scanRun(), "empty": emptyRun(), "list": listRun(), "lookup": lookup} {
		out[name] = r.write(t, FormatHTML)
	}
	return out
}

// TestPageAlone checks that a page loads nothing from outside, and that its policy
// admits its own style and script and nothing else.
func TestPageAlone(t *testing.T) {
	inside := func(text, tag string) string {
		_, rest, _ := strings.Cut(text, "<"+tag+">")
		body, _, _ := strings.Cut(rest, "</"+tag+">")
		return body
	}
	outward := regexp.MustCompile(`(?i)\b(src|srcset|action|data|poster|background)=|href="[^#]|url\(|@import|//[a-z]|\bstyle="|\son[a-z]+=|<(link|iframe|object|embed|form|base)\b`)
	for name, text := range pages(t) {
		css, js := inside(text, "style"), inside(text, "script")
		policy := `content="default-src &#39;none&#39;; base-uri &#39;none&#39;; form-action &#39;none&#39;; style-src &#39;` +
			digest(css) + `&#39;; script-src &#39;` + digest(js) + `&#39;"`
		if !strings.Contains(text, policy) {
			t.Errorf("%s: the policy is not %s", name, policy)
		}
		if css != pageCSS || js != pageJS {
			t.Errorf("%s: the style or the script is not what was embedded", name)
		}
		markup := strings.NewReplacer(js, "", css, "").Replace(text)
		for _, found := range append(outward.FindAllString(markup, -1), outwardCSS(css)...) {
			t.Errorf("%s: %q reaches outside the page, or its policy forbids it", name, found)
		}
	}
}

func outwardCSS(css string) []string {
	return regexp.MustCompile(`url\(|@import|@font-face`).FindAllString(css, -1)
}

// TestPageText checks that text from outside stays text.
func TestPageText(t *testing.T) {
	scan, list := scanRun(), listRun()
	scan.o.Args = append(scan.o.Args, evil)
	scan.records = append(scan.records, asked(evil, "198.18.0.99", "tcp", 443, "open", "syn-ack", evil))
	scan.counted = append(scan.counted, unshown(evil, "198.18.0.98", "tcp", 1, 3, "closed", "conn-refused")...)
	list.records = append(list.records, &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "::1", Port: 1, State: "listen", Exposure: "loopback", User: evil,
		Processes: &[]record.Process{{PID: 1, Name: evil, Cmdline: []string{evil}}}})
	for _, text := range []string{scan.write(t, FormatHTML), list.write(t, FormatHTML)} {
		if n := strings.Count(text, "<script>") + strings.Count(text, "</script>") + strings.Count(text, "<img"); n != 2 {
			t.Errorf("%d tags of script or img, not the page's own 2", n)
		}
		if n := strings.Count(text, "</style>"); n != 1 {
			t.Errorf("the style ends %d times", n)
		}
		if strings.Contains(text, `" onload="`) {
			t.Error("a quote ends an attribute")
		}
		assertTame(t, text)
	}
}

// TestPageShows checks that the content is in the markup, without the script.
func TestPageShows(t *testing.T) {
	for name, want := range map[string][]string{
		"scan":   {"example.test", "198.18.0.7", "2001:db8::7", ">443<", "plaintext, use ssh", "not shown: 99 closed", "3 addresses without a port to show", "Incomplete.", "2 unknown; 1 target without an address", "too many open files"},
		"empty":  {"Nothing to show.", "interrupted, 100 of 100 probes not asked"},
		"list":   {"Every interface", "Loopback", "root", "sshd -D", "(hidden: permission)", "日本語サーバ", "privileged"},
		"lookup": {"ssh", "The Secure Shell &lt;b&gt;", "1 entry"},
	} {
		text := pages(t)[name]
		for _, w := range want {
			if !strings.Contains(text, w) {
				t.Errorf("%s does not show %q", name, w)
			}
		}
	}
}

// TestMapPlaces checks that every port is in the panel of its class, in order, and
// within its edges.
func TestMapPlaces(t *testing.T) {
	next := 0
	for _, p := range panels() {
		if p.first != next {
			t.Errorf("%s starts at %d, not %d", p.class, p.first, next)
		}
		next = p.last + 1
		before := 0.0
		for port := p.first; port <= p.last; port++ {
			at := p.at(port)
			if at < before || at < 1 || at > 99 {
				t.Fatalf("port %d of %s is at %.2f%%, after %.2f%%", port, p.class, at, before)
			}
			before = at
		}
	}
	if next != 1<<16 {
		t.Errorf("the panels end at %d", next)
	}
}

// TestMapBounded checks that a host with every port open has no more marks than
// can be seen, and that every label has room.
func TestMapBounded(t *testing.T) {
	var all []*row
	for port := 1; port < 1<<16; port++ {
		all = append(all, &row{port: uint16(port), proto: "tcp", state: "open"})
	}
	for _, p := range panels() {
		marks := marks(p, &section{}, all)
		if len(marks) == 0 || len(marks) > 260 {
			t.Errorf("%d marks in %s", len(marks), p.class)
		}
		if n := len(labels(marks)); n == 0 || float64(n) > 100/wideGap+1 {
			t.Errorf("%d labels in %s", n, p.class)
		}
	}
}

// TestHTMLGuess checks that a name that is only common on a number is marked in rows
// and on the map.
func TestHTMLGuess(t *testing.T) {
	r := run{o: Options{Command: "list", Kind: record.KindSocket}, records: []*record.Record{
		{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: 9000, State: "listen", Exposure: "all", Class: "registered", Service: "minio", ServiceBy: record.ByCommon},
	}}
	got := r.write(t, FormatHTML)
	if n := strings.Count(got, "minio?"); n < 2 || strings.Count(got, "minio") != n {
		t.Errorf("%d of %d are marked", n, strings.Count(got, "minio"))
	}
}
