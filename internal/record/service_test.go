package record

import "testing"

// TestNumber checks what is said of a number alone, whatever the holder is.
func TestNumber(t *testing.T) {
	for _, test := range []struct {
		of                 Record
		service, by, words string
	}{
		{Record{Service: "https", ServiceBy: ByIANA}, "https", ByIANA, "IANA registered it for https"},
		{Record{Service: "rdp", ServiceBy: ByIANA, IANA: "ms-wbt-server"}, "rdp", ByIANA, "IANA registered it for rdp, as ms-wbt-server"},
		{Record{Service: "minio", ServiceBy: ByCommon, IANA: "cslistener"}, "minio", ByCommon, "minio is common there; IANA registered it for cslistener"},
		{Record{Service: "vite", ServiceBy: ByCommon}, "vite", ByCommon, "vite is common there"},
		{Record{Service: "shop", ServiceBy: ByUser, IANA: "x"}, "shop", ByUser, "your services file calls it shop; IANA registered it for x"},
		{Record{Service: "redis", ServiceBy: ByHolder, IANA: "http-alt"}, "http-alt", ByIANA, "IANA registered it for http-alt"},
		{Record{Commonly: "minio", IANA: "cslistener"}, "minio", ByCommon, "minio is common there; IANA registered it for cslistener"},
		{Record{Service: "redis", ServiceBy: ByHolder}, "", "", ""},
		{Record{}, "", "", ""},
	} {
		service, by := test.of.Number()
		if words := test.of.NumberWords(); service != test.service || by != test.by || words != test.words {
			t.Errorf("%+v: %q by %q, %q", test.of, service, by, words)
		}
	}
}

func TestInstead(t *testing.T) {
	for secure, want := range map[string]string{
		"": "", "ssh (RFC 4251)": "use ssh", "sftp over ssh (RFC 4251), or ftps (RFC 4217)": "use sftp over ssh", "nothing: switch it off (RFC 1288 section 3)": "switch it off",
	} {
		if got := (&Record{Secure: secure}).Instead(); got != want {
			t.Errorf("%q: %q, want %q", secure, got, want)
		}
	}
}
