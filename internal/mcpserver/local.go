package mcpserver

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"porthole/internal/audit"
	"porthole/internal/inspect"
	"porthole/internal/label"
	"porthole/internal/listing"
	"porthole/internal/machine"
	"porthole/internal/record"
	"porthole/registry"
	"porthole/sockets"
)

// addLocal adds the tools that look at this machine alone.
func (s *server) addLocal(to *mcp.Server) {
	add(s, to, &mcp.Tool{
		Name: "list", Annotations: readOnly("List sockets", false), OutputSchema: documentSchema(),
		Description: "This machine's listening TCP and UDP sockets: the processes that hold each, their users, command lines, units and containers, and who can reach it past the firewall.",
	}, s.list)
	add(s, to, &mcp.Tool{
		Name: "explain", Annotations: readOnly("Explain a port", false), OutputSchema: documentSchema(),
		Description: "One port of this machine: who is on it and since when, what a new server would meet on it (tried by binding it for a moment), what the firewall lets in, what is wrong.",
	}, s.explain)
	add(s, to, &mcp.Tool{
		Name: "free", Annotations: readOnly("Find a free port", false), OutputSchema: documentSchema(),
		Description: "The first of some ports that a new server can have on every address of this machine. Nothing is reserved.",
	}, s.free)
	add(s, to, &mcp.Tool{
		Name: "lookup", Annotations: readOnly("Look up a port or service", false), OutputSchema: documentSchema(),
		Description: "What IANA registered for a port number or service name, and what people commonly run there. No machine is asked.",
	}, s.lookup)
	add(s, to, &mcp.Tool{
		Name: "audit", Annotations: readOnly("Audit listeners", false), OutputSchema: documentSchema(),
		Description: "What deserves a look about this machine's listeners: findings with severity, evidence and advice, the worst first.",
	}, s.audit)
	add(s, to, &mcp.Tool{
		Name: "diff", Annotations: readOnly("Compare", false), OutputSchema: documentSchema(),
		Description: "What changed between two lists or two scans: earlier answers of this session, or files that porthole wrote with -o json. Without new, a list is made again now.",
	}, s.diff)
}

type listInput struct {
	Queries    []string `json:"queries,omitempty" jsonschema:"ports (8080, 8000-9000, https) or parts of process names; any of them matches; without them everything"`
	All        bool     `json:"all,omitempty" jsonschema:"sockets in every state, connections too, not only those that wait"`
	Proto      string   `json:"proto,omitempty" jsonschema:"only tcp, udp or udplite"`
	User       string   `json:"user,omitempty" jsonschema:"only sockets of this user, by name or number"`
	Exposure   []string `json:"exposure,omitempty" jsonschema:"only these: loopback, local, public, all (every address), reachable (others can reach it), firewalled (nobody gets through)"`
	Privileged bool     `json:"privileged,omitempty" jsonschema:"only sockets on a port that needs a privilege"`
	Self       bool     `json:"self,omitempty" jsonschema:"only this network namespace, no containers"`
	Limit      int      `json:"limit,omitempty" jsonschema:"records in the answer, 1 to 1000, default 100"`
}

// listing is what a list asks for.
func (s *server) listing(in listInput) (l listing.Listing, err error) {
	l.Registry, l.NetNS = s.Services, machine.NetNS()
	l.Lister = sockets.Lister{All: in.All, Firewalls: sockets.FirewallsRules}
	if in.Self {
		l.Lister.NetNS = sockets.ScopeSelf
	}
	if len(in.Queries) > 0 {
		match, err := listing.AnyQuery(in.Queries, s.Services)
		if err != nil {
			return l, fmt.Errorf("queries: %w", err)
		}
		l.Keep = append(l.Keep, match)
	}
	switch in.Proto {
	case "":
	case "tcp", "udp", "udplite":
		l.Keep = append(l.Keep, func(s sockets.Socket) bool { return s.Proto == in.Proto })
	default:
		return l, fmt.Errorf("proto: unknown value %q; write tcp, udp or udplite", in.Proto)
	}
	if in.User != "" {
		l.Keep = append(l.Keep, listing.OfUser(in.User))
	}
	if in.Privileged {
		l.Keep = append(l.Keep, func(s sockets.Socket) bool { return s.Privileged })
	}
	exposures := []string{"loopback", "local", "public", "all", listing.Reachable, listing.Firewalled}
	for _, word := range in.Exposure {
		if !slices.Contains(exposures, word) {
			return l, fmt.Errorf("exposure: unknown value %q; write %s", word, strings.Join(exposures, ", "))
		}
		l.Exposed = append(l.Exposed, word)
	}
	return l, nil
}

func (s *server) list(ctx context.Context, _ *mcp.CallToolRequest, in listInput) (doc document, err error) {
	a, err := newAnswer("list", in.Limit)
	if err != nil {
		return doc, err
	}
	l, err := s.listing(in)
	if err != nil {
		return doc, err
	}
	sum, err := a.list(ctx, l)
	if err != nil {
		return doc, err
	}
	if doc, err = a.document(ctx, sum); err == nil {
		doc.Result = s.kept.keep(a, sum, &l)
	}
	return doc, err
}

// list lists into the answer.
func (a *answer) list(ctx context.Context, l listing.Listing) (*record.Summary, error) {
	snap, err := l.Lister.List(ctx)
	if err != nil {
		return nil, err
	}
	sum := a.summary()
	sum.ListCounts = new(record.ListCounts)
	unread, err := l.Write(l.Shown(snap), a, sum.ListCounts)
	if err != nil {
		return nil, err
	}
	sum.Complete = a.missing(snap.Warnings)
	a.hidden(sum.ListCounts.Hidden)
	sum.MayMatch = l.Unjudged(snap)
	if n := sum.MayMatch; n > 0 {
		a.note("sockets that may match, too, but whose holders are hidden from porthole-mcp: %d; "+rootSees, n)
	}
	if unread != "" {
		a.note("who gets past the firewall cannot be told: %s", unread)
	}
	return sum, nil
}

type explainInput struct {
	Port  string `json:"port" jsonschema:"a port number, or a service's name"`
	Proto string `json:"proto,omitempty" jsonschema:"tcp or udp; default both"`
	NetNS string `json:"netns,omitempty" jsonschema:"self, all, or the name of a network namespace; default self, and others if the port is free here"`
	Limit int    `json:"limit,omitempty" jsonschema:"records in the answer, 1 to 1000, default 100"`
}

func (s *server) explain(ctx context.Context, _ *mcp.CallToolRequest, in explainInput) (doc document, err error) {
	a, err := newAnswer("explain", in.Limit)
	if err != nil {
		return doc, err
	}
	protos, err := protosOf(in.Proto)
	if err != nil {
		return doc, err
	}
	asked, err := inspect.ParsePort(s.Services, in.Port, protos...)
	if err != nil {
		return doc, err
	}
	m, warnings, err := inspect.Read(ctx, s.Services, inspect.How{})
	if err != nil {
		return doc, err
	}
	answers, err := m.Explain(ctx, s.Services, asked, in.NetNS)
	if err != nil {
		return doc, err
	}
	sum := a.summary()
	sum.Complete = a.missing(warnings)
	a.records, a.total = answers, len(answers)
	return a.document(ctx, sum)
}

// protosOf are the protocols of a port; "" means both.
func protosOf(proto string) ([]string, error) {
	switch proto {
	case "":
		return []string{"tcp", "udp"}, nil
	case "tcp", "udp":
		return []string{proto}, nil
	}
	return nil, fmt.Errorf("proto: unknown value %q; write tcp or udp", proto)
}

type freeInput struct {
	Ports string `json:"ports" jsonschema:"the ports to choose from, such as 8000-8100 or 3000,8080"`
	Proto string `json:"proto,omitempty" jsonschema:"tcp (default) or udp"`
}

func (s *server) free(ctx context.Context, _ *mcp.CallToolRequest, in freeInput) (doc document, err error) {
	a, err := newAnswer("explain", 0)
	if err != nil {
		return doc, err
	}
	proto := in.Proto
	if proto == "" {
		proto = "tcp"
	}
	if _, err := protosOf(proto); err != nil {
		return doc, err
	}
	asked, err := inspect.ParseChoice(s.Services, in.Ports, proto)
	if err != nil {
		return doc, err
	}
	r, err := inspect.FirstFree(ctx, s.Services, asked)
	if err != nil {
		return doc, err
	}
	a.Write(&r)
	return a.document(ctx, a.summary())
}

type lookupInput struct {
	Queries []string `json:"queries" jsonschema:"port expressions: 443, https, http*, 1433-1434"`
	Limit   int      `json:"limit,omitempty" jsonschema:"records in the answer, 1 to 1000, default 100"`
}

func (s *server) lookup(ctx context.Context, _ *mcp.CallToolRequest, in lookupInput) (doc document, err error) {
	a, err := newAnswer("lookup", in.Limit)
	if err != nil {
		return doc, err
	}
	if len(in.Queries) == 0 {
		return doc, fmt.Errorf("queries: want at least one port or service")
	}
	var wanted registry.Ports
	for _, q := range in.Queries {
		ports, err := s.Services.ParsePorts(q, "tcp", "udp", "sctp", "dccp")
		if err != nil {
			return doc, err
		}
		wanted = wanted.Union(ports)
	}
	sum := a.summary()
	sum.LookupCounts = new(record.LookupCounts)
	for service := range s.Services.Services(wanted) {
		sum.LookupCounts.Services++
		a.Write(label.Service(service))
	}
	if a.total == 0 {
		a.note("nothing is registered in %s", wanted)
	}
	return a.document(ctx, sum)
}

type auditInput struct {
	Severity string `json:"severity,omitempty" jsonschema:"only findings from this severity on: low (default), medium or high"`
	Limit    int    `json:"limit,omitempty" jsonschema:"records in the answer, 1 to 1000, default 100"`
}

func (s *server) audit(ctx context.Context, _ *mcp.CallToolRequest, in auditInput) (doc document, err error) {
	a, err := newAnswer("audit", in.Limit)
	if err != nil {
		return doc, err
	}
	least := record.SeverityLow
	if in.Severity != "" {
		least = in.Severity
	}
	if !slices.Contains(record.Severities(), least) {
		return doc, fmt.Errorf("severity: unknown value %q; write low, medium or high", least)
	}
	m, warnings, err := inspect.Read(ctx, s.Services, inspect.How{})
	if err != nil {
		return doc, err
	}
	sum := a.summary()
	sum.AuditCounts = new(record.AuditCounts)
	sum.Complete = a.missing(warnings)
	if !m.ReadFirewall(s.Services) {
		a.note("the firewall has too many rules to look for those that have no effect")
	}
	hidden := 0
	for _, r := range m.Sockets {
		if r.Waits() {
			sum.AuditCounts.Checked++
		}
		if r.Hidden == sockets.HiddenPermission.String() && r.State != sockets.StateTimeWait.String() {
			hidden++
		}
	}
	a.hidden(hidden)
	for _, f := range m.Audit() {
		sum.AuditCounts.Count(f)
		if audit.AtLeast(f, least) {
			a.Write(&f)
		}
	}
	return a.document(ctx, sum)
}
