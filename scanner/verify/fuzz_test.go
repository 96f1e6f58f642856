package verify

import (
	"bytes"
	"testing"
)

// answersOf are what the recorded servers sent, each connection in one.
func answersOf(t testing.TB) (all [][]byte) {
	for _, tp := range tapes(t) {
		for _, conn := range tp.connections {
			var in []byte
			for _, e := range conn.events {
				if e.kind == "<" {
					in = append(in, e.data...)
				}
			}
			if len(in) > 0 && len(in) < 4096 {
				all = append(all, in)
			}
		}
	}
	return all
}

// FuzzParsers gives every parser whatever came: none may fail, and what they
// say must be fit to be shown.
func FuzzParsers(f *testing.F) {
	for _, in := range answersOf(f) {
		f.Add(in, recordNonce[:], true)
	}
	f.Add([]byte("HTTP/1.1 200 OK\r\n\r\n\xff\xc8\xba\xc8\xba<title>\xff</title>"), recordNonce[:], false)
	f.Add([]byte("220 \xc8\xba\xc8\xba\xc8\xba ESMTP Exim"), recordNonce[:], false)
	f.Add([]byte(erlangAnswer), recordNonce[:], false)
	f.Add([]byte("( success ( 0 \xfd) ) "), recordNonce[:], true)
	table := protocols()
	f.Fuzz(func(t *testing.T, in, seed []byte, closed bool) {
		var n nonce
		copy(n[:], seed)
		before := bytes.Clone(in)
		for _, proto := range table {
			var s Service
			v := proto.parse(heard{data: in, nonce: n, closed: closed}, &s)
			if v > yes {
				t.Errorf("%s: verdict %d", proto.name, v)
			}
			for _, text := range append(s.Info, s.Product, s.Version, s.ProtocolVersion) {
				if len(text) > 250 || text != "" && printable(text) != text {
					t.Errorf("%s: %q is not fit to be shown", proto.name, text)
				}
			}
			if v == yes && len(in) == 0 {
				t.Errorf("%s: yes to nothing", proto.name)
			}
			if proto.complaint != nil {
				proto.complaint(in)
			}
			if proto.whole != nil {
				proto.whole(in)
			}
		}
		if !bytes.Equal(in, before) {
			t.Error("a parser changed what it read")
		}
	})
}

// FuzzFollow gives the readers of later answers whatever came.
func FuzzFollow(f *testing.F) {
	for _, in := range answersOf(f) {
		f.Add(in)
	}
	apps := webApps()
	f.Fuzz(func(t *testing.T, in []byte) {
		var s Service
		readRedisInfo(in, &s)
		takeIMAPID(&s, string(in))
		readPostgresError(in, &s)
		takeRootDSE(&s, in)
		takeStunSoftware(&s, in)
		takeEngine(&s, in)
		takeDNSVersion(&s, printable(string(in)))
		readMongo(in, recordNonce)
		bsonText(in, "version")
		brokerVersion(in)
		readTLS(in)
		wholeBulk(in)
		wholeList(in)
		tagged(in, "p1")
		chosenSuite(in)
		g := readPage2(in)
		g.apps = apps
		describePage(&g, &s)
		g = readPage(in)
		g.apps = apps
		describePage(&g, &s)
		for _, path := range morePaths(&g, &s, 10250, true) {
			if path == "" || path[0] != '/' || printable(path) != path {
				t.Errorf("path %q", path)
			}
		}
		viaProduct(string(in))
		for _, text := range append(s.Info, s.Product, s.Version) {
			if text != "" && printable(text) != text {
				t.Errorf("%q is not fit to be shown", text)
			}
		}
	})
}

// FuzzTape holds that recorded conversations are read as they were written.
func FuzzTape(f *testing.F) {
	for _, tp := range tapes(f)[:20] {
		f.Add(tp.String())
	}
	f.Fuzz(func(t *testing.T, text string) {
		tp, err := readTape(text)
		if err != nil {
			return
		}
		again, err := readTape(tp.String())
		if err != nil || again.String() != tp.String() {
			t.Errorf("%v: %q", err, tp.String())
		}
	})
}
