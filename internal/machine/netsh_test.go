package machine

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// In the form that netsh has, in English and in German.
const (
	excludedEnglish = `
Protocol tcp Port Exclusion Ranges

Start Port    End Port      
----------    --------      
      5357        5357      
     49709       49808      
     50000       50059     *

* - Administered port exclusions.

`
	excludedGerman = "\r\nPortausschlussbereiche f\x81r Protokoll udp\r\n\r\nStartport     Endport       \r\n----------    --------      \r\n     50000       50059     *\r\n\r\n* - Verwaltete Portausschl\x81sse.\r\n"
	dynamicEnglish = `
Protocol tcp Dynamic Port Range
---------------------------------
Start Port      : 49152
Number of Ports : 16384

`
	dynamicGerman = "\r\nDynamischer Portbereich f\x81r Protokoll tcp\r\n---------------------------------\r\nStartport       : 1024\r\nPortanzahl      : 64511\r\n"
)

func TestParseExcludedPorts(t *testing.T) {
	for text, want := range map[string][]Range{
		excludedEnglish:                {{5357, 5357}, {49709, 49808}, {50000, 50059}},
		excludedGerman:                 {{50000, 50059}},
		"":                             nil,
		"20 10\n1 2 3\n1 x\n1 70000\n": nil,
	} {
		if diff := cmp.Diff(want, parseExcludedPorts(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestParseDynamicPorts(t *testing.T) {
	for text, want := range map[string]Range{dynamicEnglish: {49152, 65535}, dynamicGerman: {1024, 65534}} {
		if got, err := parseDynamicPorts(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "Start Port : 49152\n", "a : 60000\nb : 6000\n", "a : 1\nb : 0\n", "a : 1\nb : 2\nc : 3\n"} {
		if got, err := parseDynamicPorts(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestExcludes(t *testing.T) {
	p := Ports{Excluded: map[string][]Range{"tcp": {{10, 20}, {30, 40}}}}
	if r, ok := p.Excludes("tcp", 35); !ok || r != (Range{30, 40}) {
		t.Errorf("%v, %v", r, ok)
	}
	for _, c := range []struct {
		proto string
		port  uint16
	}{{"udp", 35}, {"tcp", 25}, {"tcp", 41}} {
		if r, ok := p.Excludes(c.proto, c.port); ok {
			t.Errorf("%s %d is in %v", c.proto, c.port, r)
		}
	}
}

func FuzzNetsh(f *testing.F) {
	f.Add(excludedEnglish + dynamicEnglish)
	f.Fuzz(func(t *testing.T, text string) {
		parseExcludedPorts(text)
		parseDynamicPorts(text)
	})
}
