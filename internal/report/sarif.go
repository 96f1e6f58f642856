package report

import (
	"bufio"
	"encoding/json"
	"slices"

	"porthole/internal/record"
)

// sarifWriter writes the findings of an audit in the Static Analysis Results
// Interchange Format (OASIS SARIF 2.1.0).
type sarifWriter struct {
	w       *bufio.Writer
	o       Options
	results []sarifResult
}

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool        sarifTool         `json:"tool"`
	Invocations []sarifInvocation `json:"invocations"`
	Results     []sarifResult     `json:"results"`
}

type sarifTool struct {
	Driver sarifDriver `json:"driver"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifRule struct {
	ID     string       `json:"id"`
	Short  sarifMessage `json:"shortDescription"`
	Help   sarifMessage `json:"help"`
	Config sarifConfig  `json:"defaultConfiguration"`
}

type sarifConfig struct {
	Level string `json:"level"`
}

type sarifMessage struct {
	Text string `json:"text"`
}

type sarifInvocation struct {
	Successful bool   `json:"executionSuccessful"`
	Start      string `json:"startTimeUtc"`
	End        string `json:"endTimeUtc"`
}

type sarifResult struct {
	Rule         string            `json:"ruleId"`
	Index        int               `json:"ruleIndex"`
	Level        string            `json:"level"`
	Message      sarifMessage      `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
	Properties   sarifProperties   `json:"properties"`
}

// sarifLocation is a location that is not a file.
type sarifLocation struct {
	Logical []sarifLogical `json:"logicalLocations"`
}

type sarifLogical struct {
	Name string `json:"fullyQualifiedName"`
	Kind string `json:"kind"`
}

type sarifProperties struct {
	Severity string `json:"severity"`
	Owner    string `json:"owner,omitempty"`
	Exposure string `json:"exposure,omitempty"`
}

func (s *sarifWriter) write(r *record.Record) error {
	f := r.Finding
	s.results = append(s.results, sarifResult{
		Rule:         f.Rule,
		Index:        slices.IndexFunc(s.o.Rules, func(rule record.Rule) bool { return rule.ID == f.Rule }),
		Level:        sarifLevel(f.Severity),
		Message:      sarifMessage{Escape(f.Title + ": " + f.Evidence + ". What to do: " + f.Advice + ".")},
		Locations:    []sarifLocation{{[]sarifLogical{{Escape(r.Endpoint()), "resource"}}}},
		Fingerprints: map[string]string{"porthole/3": f.Fingerprint},
		Properties:   sarifProperties{f.Severity, Escape(f.Owner), r.Exposure},
	})
	return nil
}

func (s *sarifWriter) close(sum *record.Summary) error {
	run := sarifRun{
		Tool: sarifTool{sarifDriver{Name: "porthole", Version: s.o.Version, Rules: []sarifRule{}}},
		Invocations: []sarifInvocation{{
			sum.Complete, s.o.Start.UTC().Format("2006-01-02T15:04:05.000Z"), finished(s.o, sum).UTC().Format("2006-01-02T15:04:05.000Z"),
		}},
		Results: append([]sarifResult{}, s.results...),
	}
	for _, rule := range s.o.Rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules,
			sarifRule{rule.ID, sarifMessage{rule.Title}, sarifMessage{rule.Advice}, sarifConfig{sarifLevel(rule.Severity)}})
	}
	enc := json.NewEncoder(s.w)
	enc.SetIndent("", "  ")
	return enc.Encode(sarifLog{"https://json.schemastore.org/sarif-2.1.0.json", "2.1.0", []sarifRun{run}})
}

func sarifLevel(severity string) string {
	switch severity {
	case record.SeverityHigh:
		return "error"
	case record.SeverityMedium:
		return "warning"
	default:
		return "note"
	}
}
