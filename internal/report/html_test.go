package report

import (
	"fmt"
	"regexp"
	"slices"
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
		"empty":  {"Nothing to show.", "interrupted, 100 of 100 probes without a verdict"},
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

// TestPageTellsApart holds that sockets on one address are told apart by where they
// are, and that the page says in words who gets through.
func TestPageTellsApart(t *testing.T) {
	at := func(netns, container, verdict string) *record.Record {
		return &record.Record{Kind: record.KindSocket, Proto: "tcp", Addr: "0.0.0.0", Port: 80, State: "listen", Exposure: "all",
			NetNSName: netns, Container: container, Reach: &record.Reach{Verdict: verdict}}
	}
	page := render(t, Options{Kind: record.KindSocket, Command: "list"}, FormatHTML,
		[]*record.Record{at("", "", record.ReachAccept), at("blue", "", record.ReachDrop), at("pid:7", "docker:web", record.ReachUnknown)})
	for _, want := range []string{">netns<", ">blue<", ">container<", ">docker:web<", ">everyone<", ">nobody<", ">cannot tell<"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
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
		labels := labels(p, marks)
		if len(labels) < labelLines {
			t.Errorf("%d labels in %s", len(labels), p.class)
		}
		apart(t, p, labels)
	}
}

// apart checks that no label covers another, on a wide page and on a narrow one.
func apart(t *testing.T, p panel, labels []label) {
	t.Helper()
	for i, a := range labels {
		for _, b := range labels[:i] {
			if a.wide == b.wide && a.wide != noLine && overlap(a, b, p.wide) || a.narrow == b.narrow && a.narrow != noLine && overlap(a, b, p.narrow) {
				t.Errorf("%s: %s and %s cover each other", p.class, a.text, b.text)
			}
		}
	}
}

func overlap(a, b label, width float64) bool {
	x, y := a.extent(width), b.extent(width)
	return x.from < y.to && y.from < x.to
}

// TestMapLabels checks that neighbours have a label each, even where they share a
// mark, and that open ports have theirs before closed ones.
func TestMapLabels(t *testing.T) {
	rows := []*row{{port: 8081, proto: "tcp", state: "open"}, {port: 8080, proto: "tcp", state: "open"}, {port: 8080, proto: "udp", state: "open"}, {port: 9000, proto: "tcp", state: "open"}}
	for port := 7000; port < 8080; port++ {
		rows = append(rows, &row{port: uint16(port), proto: "tcp", state: "closed"})
	}
	p := panels()[1]
	got := labels(p, marks(p, &section{}, rows))
	apart(t, p, got)
	for _, want := range []string{"8080", "8081", "9000"} {
		n := 0
		for _, l := range got {
			if l.text == want && l.wide != noLine && l.narrow != noLine {
				n++
			}
		}
		if n != 1 {
			t.Errorf("%d labels for %s", n, want)
		}
	}
}

// TestHeatMap checks that a page of many hosts has a picture whose size does not
// grow with them, that every host is in a cell, and that each cell names its hosts.
func TestHeatMap(t *testing.T) {
	for _, hosts := range []int{labelledLanes + 1, heatColumns, 1000, 12345} {
		var lanes []lane
		for i := range hosts {
			l := lane{section: &section{title: fmt.Sprintf("host %d", i)}}
			l.rows = append(l.rows, &row{port: 22, proto: "tcp", state: "open"}, &row{port: 23, proto: "tcp", state: "closed"})
			if i%2 == 0 {
				l.rows = append(l.rows, &row{port: uint16(1000 + i), proto: "tcp", state: "open"})
			}
			lanes = append(lanes, l)
		}
		m := newHeat(lanes)
		if m.class != "open" || m.ports[0].name() != "22/tcp" || m.ports[0].hosts != hosts {
			t.Errorf("%d hosts: the first row is %s %s of %d", hosts, m.class, m.ports[0].name(), m.ports[0].hosts)
		}
		if m.columns > heatColumns || len(m.cells) > heatPorts {
			t.Errorf("%d hosts: %d rows of %d cells", hosts, len(m.cells), m.columns)
		}
		in := 0
		for column, n := range m.cells[0] {
			first, end := m.lanesIn(column)
			if first != in || n != end-first || m.column(first) != column || m.column(end-1) != column {
				t.Fatalf("%d hosts: cell %d has %d hosts, from %d to before %d, after %d", hosts, column, n, first, end, in)
			}
			in = end
		}
		if in != hosts {
			t.Errorf("%d of %d hosts are in a cell", in, hosts)
		}
	}
}

// TestPageFilters checks that a figure is a filter where rows have what it counts,
// and that as many rows have it.
func TestPageFilters(t *testing.T) {
	for name, want := range map[string]map[string]int{
		"scan": {"open": 5, "open-filtered": 1, "filtered": 1, "unknown": 2},
		"list": {"privileged": 1, "hidden": 1, "exposure-all": 3},
	} {
		text := pages(t)[name]
		for word, n := range want {
			if !strings.Contains(text, `data-show="`+word+`"`) {
				t.Errorf("%s: %s is no filter", name, word)
			}
			if rows := len(regexp.MustCompile(`data-is="([^"]* )?`+word+`[ "]`).FindAllString(text, -1)); !strings.HasPrefix(word, "exposure") && rows != n {
				t.Errorf("%s: %d rows are %s, not %d", name, rows, word, n)
			}
		}
	}
	if text := pages(t)["scan"]; strings.Contains(text, `data-show="closed"`) {
		t.Error("scan: closed is a filter, and no closed port is shown")
	}
}

// TestPageOpenFirst checks that open ports stand before others.
func TestPageOpenFirst(t *testing.T) {
	b := block{rows: []*row{{port: 1, state: "closed"}, {port: 2, state: "open|filtered"}, {port: 4, state: "open"}, {port: 3, state: "open"}}}
	b.sort()
	var got []uint16
	for _, r := range b.rows {
		got = append(got, r.port)
	}
	if !slices.Equal(got, []uint16{3, 4, 2, 1}) {
		t.Errorf("the order is %d", got)
	}
}

// TestPageLegend checks that the legend has what is on the map, and no more.
func TestPageLegend(t *testing.T) {
	verified := verifiedRun().write(t, FormatHTML)
	for _, want := range []string{"service proved", "certificate that ends soon", "certificate that expired"} {
		if !strings.Contains(verified, "</svg>"+want+"</span>") {
			t.Errorf("no legend for %s", want)
		}
		if strings.Contains(pages(t)["scan"], want) {
			t.Errorf("a legend for %s, which is not there", want)
		}
	}
	for _, want := range []string{"bound for everyone", "bound for this machine alone"} {
		if !strings.Contains(pages(t)["list"], want) {
			t.Errorf("no legend for %s", want)
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
