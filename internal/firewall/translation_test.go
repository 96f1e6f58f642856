package firewall

import "testing"

func TestTranslationFrom(t *testing.T) {
	for _, test := range []struct {
		rule        Translation
		port        uint16
		first, last uint16
		ok          bool
	}{
		{Translation{First: 80, Last: 90}, 85, 85, 85, true},
		{Translation{First: 80, Last: 90}, 91, 0, 0, false},
		{Translation{First: 8080, Last: 8080, ToFirst: 80, ToLast: 80}, 80, 8080, 8080, true},
		{Translation{First: 8080, Last: 8080, ToFirst: 80, ToLast: 80}, 8080, 0, 0, false},
		{Translation{First: 8000, Last: 8010, ToFirst: 9000, ToLast: 9010}, 9003, 8000, 8010, true},
		{Translation{First: 8000, Last: 8010, ToFirst: 9000, ToLast: 9010, Shifted: true}, 9003, 8003, 8003, true},
		{Translation{First: 8000, Last: 8001, ToFirst: 9000, ToLast: 9010, Shifted: true}, 9003, 0, 0, false},
	} {
		first, last, ok := test.rule.From(test.port)
		if ok != test.ok || ok && (first != test.first || last != test.last) {
			t.Errorf("%+v from %d: %d-%d, %v", test.rule, test.port, first, last, ok)
		}
	}
}
