package verify

import (
	"slices"
	"testing"
)

// TestModelServers holds that whoever lists models in the form of OpenAI's API is told,
// whatever program it is, and that other lists are not taken for it.
func TestModelServers(t *testing.T) {
	const (
		json    = "Content-Type: application/json\r\n|"
		missing = "404 Not Found\r\n" + json + `{"detail":"Not Found"}`
		plain   = "404 Not Found\r\n|Not Found"
		ok      = "200 OK\r\n" + json
	)
	for _, tt := range []struct {
		name        string
		page        string // at /
		models      string
		told, wants bool
	}{
		{"a list", missing, ok + `{"object":"list","data":[{"id":"a","object":"model","created":1,"owned_by":"me"}]}`, true, false},
		{"a list with blanks", plain, ok + "{\n  \"object\": \"list\",\n  \"data\": [\n    {\n      \"id\": \"a\",\n      \"object\": \"model\"\n    }\n  ]\n}", true, false},
		{"an empty list", plain, ok + `{"object":"list","data":[]}`, true, false},
		{"a list of Go", plain, ok + `{"object":"list","data":null}`, true, false},
		{"something else at /", ok + `{"status":"ok"}`, ok + `{"object":"list","data":[]}`, true, false},
		{"a key is wanted", missing, "401 Unauthorized\r\n" + json + `{"error":{"message":"No api key passed in.","type":"auth_error","param":"None","code":"401"}}`, true, true},
		{"a refusal of another form", missing, "401 Unauthorized\r\n" + json + `{"error":"Unauthorized"}`, false, true},
		{"a list of something else", missing, ok + `{"object":"list","data":[{"id":"a","object":"file"}]}`, false, false},
		{"a list of another form", missing, ok + `{"data":[{"id":"a","object":"model"}]}`, false, false},
		{"words in a text", missing, ok + `"{\"object\":\"list\",\"data\":[]}"`, false, false},
		{"the list with another status", missing, "404 Not Found\r\n" + json + `{"object":"list","data":[]}`, false, false},
	} {
		for _, number := range []uint16{8000, 31000} {
			s, _ := ask(t, number, web(map[string]string{"/": tt.page, modelsPath: tt.models}), Verifier{})
			told := slices.Contains(s.Info, "OpenAI-compatible API")
			if s.Protocol != "http" || s.Product != "" || told != tt.told || s.AnswersWithoutCredentials != (tt.told && !tt.wants) || s.WantsCredentials != tt.wants {
				t.Errorf("%s on %d: %q %q, told %v, open %v, wants credentials %v", tt.name, number, s.Protocol, s.Product, told, s.AnswersWithoutCredentials, s.WantsCredentials)
			}
		}
	}
}
