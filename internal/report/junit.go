package report

import (
	"bufio"
	"encoding/xml"
	"strconv"
)

// junitWriter writes the findings of an audit as the XML that JUnit's Ant task
// made common: a case for every finding, which failed, and one for every rule
// that found nothing, which passed.
type junitWriter struct {
	w     *bufio.Writer
	o     Options
	found map[string][]Record
	n     int
}

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Stamp    string      `xml:"timestamp,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Class   string        `xml:"classname,attr"`
	Name    string        `xml:"name,attr"`
	Time    string        `xml:"time,attr"`
	Failure *junitFailure `xml:"failure"`
}

type junitFailure struct {
	Type    string `xml:"type,attr"`
	Message string `xml:"message,attr"`
	Text    string `xml:",chardata"`
}

func (j *junitWriter) write(r *Record) error {
	if j.found == nil {
		j.found = make(map[string][]Record)
	}
	j.found[r.Finding.Rule] = append(j.found[r.Finding.Rule], *r)
	j.n++
	return nil
}

func (j *junitWriter) close(s *Summary) error {
	suite := junitSuite{
		Name: "porthole audit", Failures: j.n,
		Time: strconv.FormatFloat(s.Elapsed/1000, 'f', 3, 64), Stamp: j.o.Start.UTC().Format("2006-01-02T15:04:05"),
	}
	for _, rule := range j.o.Rules {
		found := j.found[rule.ID]
		if len(found) == 0 {
			suite.Cases = append(suite.Cases, junitCase{Class: "porthole." + rule.ID, Name: rule.Title, Time: "0"})
		}
		for _, r := range found {
			f := r.Finding
			suite.Cases = append(suite.Cases, junitCase{
				Class: "porthole." + f.Rule, Name: Escape(socketName(&r)), Time: "0",
				Failure: &junitFailure{f.Severity, Escape(f.Title), Escape(f.Evidence) + "\n" + Escape(f.Advice)},
			})
		}
	}
	suite.Tests = len(suite.Cases)
	if _, err := j.w.WriteString(xml.Header); err != nil {
		return err
	}
	enc := xml.NewEncoder(j.w)
	enc.Indent("", "  ")
	if err := enc.Encode(junitSuites{Name: "porthole", Tests: suite.Tests, Failures: j.n, Suite: suite}); err != nil {
		return err
	}
	return j.w.WriteByte('\n')
}
