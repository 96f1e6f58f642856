package report

import (
	"strconv"

	"porthole/internal/record"
)

// junitWriter writes the findings of an audit as JUnit XML, in the form of its Ant
// task: a failed test for every finding, a passed one for every rule that found
// nothing.
type junitWriter struct {
	markup
	o     Options
	found map[string][]record.Record
	n     int
}

func (j *junitWriter) write(r *record.Record) error {
	if j.found == nil {
		j.found = make(map[string][]record.Record)
	}
	j.found[r.Finding.Rule] = append(j.found[r.Finding.Rule], *r)
	j.n++
	return nil
}

func (j *junitWriter) close(s *record.Summary) error {
	passed := 0
	for _, rule := range j.o.Rules {
		if len(j.found[rule.ID]) == 0 {
			passed++
		}
	}
	tests, failures := strconv.Itoa(passed+j.n), strconv.Itoa(j.n)
	j.put(xmlDeclaration+`<testsuites name="porthole" tests="{}" failures="{}">
  <testsuite name="porthole audit" tests="{}" failures="{}" errors="0" skipped="0" time="{}" timestamp="{}">
`, tests, failures, tests, failures, strconv.FormatFloat(s.Elapsed/1000, 'f', 3, 64), j.o.Start.UTC().Format("2006-01-02T15:04:05"))
	for _, rule := range j.o.Rules {
		found := j.found[rule.ID]
		if len(found) == 0 {
			j.put(`    <testcase classname="porthole.{}" name="{}" time="0"></testcase>`+"\n", rule.ID, rule.Title)
		}
		for i := range found {
			j.failure(&found[i])
		}
	}
	j.put("  </testsuite>\n</testsuites>\n")
	return nil
}

func (j *junitWriter) failure(r *record.Record) {
	f := r.Finding
	j.put(`    <testcase classname="porthole.{}" name="{}" time="0">
      <failure type="{}" message="{}">{}&#xA;{}</failure>
    </testcase>
`, f.Rule, r.Endpoint(), f.Severity, f.Title, f.Evidence, f.Advice)
}
