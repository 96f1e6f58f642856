package verify

import "bytes"

// modelsPath lists the models of OpenAI's API, which most servers of language models
// have as well (OpenAI API reference, List models).
const modelsPath = "/v1/models"

// describeModels says that a server has OpenAI's API, and whether it wants a key for it.
func describeModels(g *page, s *Service) {
	if g.path != modelsPath {
		return
	}
	const has = "OpenAI-compatible API"
	switch {
	case g.status == 200 && isModelList(g.body):
		addInfo(s, has)
		s.AnswersWithoutCredentials = true
	case g.status == 401 && isModelError(g.body):
		addInfo(s, has)
	}
}

// isModelList reports that in is a list of models, which may be empty. The end of a long
// one need not have come.
func isModelList(in []byte) bool {
	in = withoutBlanks(in)
	if !bytes.HasPrefix(in, []byte("{")) || !bytes.Contains(in, []byte(`"object":"list"`)) {
		return false
	}
	_, data, ok := bytes.Cut(in, []byte(`"data":`))
	switch {
	case !ok:
		return false
	case bytes.HasPrefix(data, []byte("[]")), bytes.HasPrefix(data, []byte("null")):
		return true
	}
	return bytes.HasPrefix(data, []byte("[{")) && bytes.Contains(data, []byte(`"object":"model"`)) && bytes.Contains(data, []byte(`"id":"`))
}

// isModelError reports that in is an error in the form of that API: one object with a
// message, a type, a parameter and a code.
func isModelError(in []byte) bool {
	in = withoutBlanks(in)
	if !bytes.HasPrefix(in, []byte(`{"error":{`)) {
		return false
	}
	for _, key := range []string{`"message":`, `"type":`, `"param":`, `"code":`} {
		if !bytes.Contains(in, []byte(key)) {
			return false
		}
	}
	return true
}

// withoutBlanks is JSON with nothing between its words, whose names and values can then
// be looked for. Text inside loses its blanks, too.
func withoutBlanks(in []byte) []byte {
	return bytes.Join(bytes.Fields(in), nil)
}
