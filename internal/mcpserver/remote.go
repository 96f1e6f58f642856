package mcpserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/modelcontextprotocol/go-sdk/mcp"

	"porthole/internal/scanjob"
	"porthole/internal/waitjob"
	"porthole/scanner"
)

// addRemote adds the tools that may ask other machines.
func (s *server) addRemote(to *mcp.Server) {
	where := "Only loopback and private addresses"
	if len(s.Allow) > 0 {
		where += fmt.Sprintf(", and %v", s.Allow)
	}
	add(s, to, &mcp.Tool{
		Name: "scan", Annotations: readOnly("Scan hosts", true), OutputSchema: documentSchema(),
		Description: "Which ports of hosts answer, by ordinary connects; with verify, what answers there. " + where + ". Scan only what the user is responsible for.",
	}, s.scan)
	add(s, to, &mcp.Tool{
		Name: "wait", Annotations: readOnly("Wait for ports", true),
		Description: "Waits until TCP ports are open, closed, free or speak a protocol, such as after a server was started. " + where + ".",
	}, s.wait)
}

// maxProbes is what one scan asks at most.
const maxProbes = 2 << 20

type scanInput struct {
	Targets []string `json:"targets" jsonschema:"names, addresses, networks (10.0.0.0/24), ranges or host:port"`
	Ports   string   `json:"ports,omitempty" jsonschema:"port expression: 22,80,8000-9000, https, top:100, or - for all; default common, the 100 most used"`
	UDP     bool     `json:"udp,omitempty" jsonschema:"UDP instead of TCP"`
	Verify  bool     `json:"verify,omitempty" jsonschema:"ask each open port what answers: protocol, product, certificate"`
	Show    []string `json:"show,omitempty" jsonschema:"states to have records of: open, closed, filtered, open|filtered, closed|filtered, unknown; default open and open|filtered"`
	Rate    float64  `json:"rate,omitempty" jsonschema:"attempts per second at most; default no limit"`
	Seconds float64  `json:"timeout_seconds,omitempty" jsonschema:"when to stop and answer with what was found, default 60, at most 600"`
	Limit   int      `json:"limit,omitempty" jsonschema:"records in the answer, 1 to 1000, default 100"`
}

// timeout is the time that a call may take.
func timeout(seconds, usual float64) (time.Duration, error) {
	if seconds == 0 {
		seconds = usual
	}
	if !(seconds > 0 && seconds <= maxTime.Seconds()) {
		return 0, fmt.Errorf("timeout_seconds: %v is not from 0 to %v", seconds, maxTime.Seconds())
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

func (s *server) scan(ctx context.Context, req *mcp.CallToolRequest, in scanInput) (doc document, err error) {
	a, err := newAnswer("scan", in.Limit)
	if err != nil {
		return doc, err
	}
	allowed, err := timeout(in.Seconds, 60)
	if err != nil {
		return doc, err
	}
	config, err := s.scanConfig(in)
	if err != nil {
		return doc, err
	}
	limited, cancel := context.WithTimeout(ctx, allowed)
	defer cancel()
	limited, deny := context.WithCancelCause(limited) // names are looked up side by side
	defer deny(nil)
	config.Resolver = checkingResolver{s.Resolver, s.permitted, deny}
	config.Hooks.Unresolved = func(err error) { a.note("%s", err) }
	config.Hooks.Note = func(text string) { a.note("%s", text) }
	progress(limited, req, &config.Hooks)
	job, err := scanjob.Prepare(limited, config)
	var denied *DeniedError
	if errors.As(context.Cause(limited), &denied) {
		return doc, denied
	}
	if err != nil {
		return doc, err
	}
	if e, err := job.Estimate(); err != nil {
		return doc, err
	} else if n := max(e.Probes, e.Here); n > maxProbes {
		return doc, fmt.Errorf("that is %d probes, and one call asks %d at most; name fewer targets or ports", n, maxProbes)
	}
	sum, err := job.Run(limited, a)
	switch {
	case ctx.Err() != nil:
		return doc, ctx.Err()
	case errors.Is(err, context.DeadlineExceeded):
		a.note("the time of %v is over; what was not asked is missing", allowed)
	case err != nil:
		return doc, err
	}
	if doc, err = a.document(ctx, sum); err == nil {
		doc.Result = s.kept.keep(a, sum, nil)
	}
	return doc, err
}

// scanConfig reads what to scan, and refuses addresses that may not be asked.
func (s *server) scanConfig(in scanInput) (config scanjob.Config, err error) {
	config.Registry = s.Services
	for _, text := range in.Targets {
		if err := config.Targets.Add(text); err != nil {
			return config, err
		}
	}
	if config.Targets.Len() == 0 {
		return config, errors.New("targets: want at least one")
	}
	if err := s.permitted.checkTargets(&config.Targets); err != nil {
		return config, err
	}
	config.PortProto = "tcp"
	if in.UDP {
		config.PortProto = "udp"
	}
	ports := in.Ports
	if ports == "" {
		ports = "common"
	}
	if config.Ports, err = s.Services.ParsePorts(ports, config.PortProto); err != nil {
		return config, err
	}
	config.Show = []scanner.State{scanner.StateOpen, scanner.StateOpenFiltered}
	if in.Show != nil {
		config.Show = nil
	}
	for _, word := range in.Show {
		var state scanner.State
		if err := state.UnmarshalText([]byte(word)); err != nil {
			return config, fmt.Errorf("show: %w", err)
		}
		config.Show = append(config.Show, state)
	}
	if in.Rate < 0 {
		return config, fmt.Errorf("rate: %v is below 0", in.Rate)
	}
	config.Scanner.Rate = in.Rate
	if in.Verify {
		config.Verify = new(scanjob.Verify)
	}
	return config, nil
}

// progress tells a client that asked for it how far a scan is, once a second.
func progress(ctx context.Context, req *mcp.CallToolRequest, hooks *scanjob.Hooks) {
	token := req.Params.GetProgressToken()
	if token == nil {
		return
	}
	var stage scanjob.Stage
	done, next := 0.0, time.Now().Add(time.Second)
	hooks.Stage = func(to scanjob.Stage) { stage, done = to, 0 }
	step := func() {
		done++
		if now := time.Now(); now.After(next) {
			next = now.Add(time.Second)
			what := "probes"
			if stage.Kind == scanjob.StageDiscovery {
				what = "addresses"
			}
			// A client that cannot be told is one that will not read the answer either.
			_ = req.Session.NotifyProgress(ctx, &mcp.ProgressNotificationParams{
				ProgressToken: token, Progress: done, Total: float64(stage.Total), Message: fmt.Sprintf("%.0f of %d %s", done, stage.Total, what),
			})
		}
	}
	hooks.Verdict = func(scanner.Result, bool) { step() }
	hooks.Host = func(scanner.HostStatus, bool) { step() }
}

type waitInput struct {
	Ports   []string `json:"ports" jsonschema:"8080 for a port of this machine (the kernel is asked, nothing connects), or HOST:PORT"`
	For     string   `json:"for,omitempty" jsonschema:"open (default), closed, verified=PROTOCOL (such as verified=http) or, of ports of this machine, free"`
	Any     bool     `json:"any,omitempty" jsonschema:"one of the ports is enough"`
	Seconds float64  `json:"timeout_seconds,omitempty" jsonschema:"when to give up, default 30, at most 600"`
}

// waited is the answer of wait.
type waited struct {
	Done  bool         `json:"done" jsonschema:"it is as it was waited for; else the time is over"`
	After float64      `json:"ms" jsonschema:"milliseconds"`
	Ports []waitedPort `json:"ports"`
}

type waitedPort struct {
	Port  string `json:"port"`
	Holds bool   `json:"holds"`
	State string `json:"state,omitempty" jsonschema:"as it was seen last"`
	Why   string `json:"why,omitempty" jsonschema:"the evidence"`
}

func (s *server) wait(ctx context.Context, _ *mcp.CallToolRequest, in waitInput) (out waited, err error) {
	const maxPorts = 64
	job := waitjob.Job{Any: in.Any, Interval: 500 * time.Millisecond}
	if job.For, job.Protocol, err = waitjob.ParseFor(cmp.Or(in.For, waitjob.Open)); err != nil {
		return out, fmt.Errorf("for: %w", err)
	}
	if job.Timeout, err = timeout(in.Seconds, 30); err != nil {
		return out, err
	}
	if n := len(in.Ports); n < 1 || n > maxPorts {
		return out, fmt.Errorf("ports: want 1 to %d, and there are %d", maxPorts, n)
	}
	for _, text := range in.Ports {
		p, err := waitjob.ParsePort(text, s.Services)
		if err != nil {
			return out, err
		}
		switch {
		case job.For == waitjob.Free && !p.Local():
			return out, fmt.Errorf("whether %s is free cannot be told from here", text)
		case p.Addr.IsValid():
			if err := s.permitted.checkAddr(text, p.Addr.Unmap()); err != nil {
				return out, err
			}
		}
		job.Ports = append(job.Ports, p)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job.Resolver = checkingResolver{s.Resolver, s.permitted, cancel}
	begin := time.Now()
	out.Done, err = job.Run(ctx)
	if err != nil {
		return out, context.Cause(ctx)
	}
	out.After = float64(time.Since(begin).Milliseconds())
	for _, p := range job.Ports {
		out.Ports = append(out.Ports, waitedPort{p.Typed, p.Holds, p.State, p.Why})
	}
	return out, nil
}
