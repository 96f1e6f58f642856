package report

import (
	"cmp"
	"net"
	"slices"
	"strconv"
	"time"

	"porthole/internal/record"
	"porthole/internal/sentence"
)

// certificate is a certificate that a port showed, in the words of the page.
type certificate struct {
	where, names, issuer, key string
	problem                   string // "expired", "soon" or ""
	notAfter                  time.Time
}

// addCertificate keeps the certificate of a record, if it showed one.
func (h *htmlWriter) addCertificate(r *record.Record) {
	if !certificateShown(r) {
		return
	}
	t := r.Verified.TLS
	c := certificate{
		where: net.JoinHostPort(cmp.Or(r.Host, r.Addr), strconv.Itoa(int(r.Port))), names: namesText(t),
		issuer: t.Issuer, key: t.Key, notAfter: *t.NotAfter,
	}
	if t.SelfSigned {
		c.issuer = "itself"
	}
	if r.Verified.HasRemark("cert-expired") {
		c.problem = "expired"
	} else if r.Verified.HasRemark("cert-expires") {
		c.problem = "soon"
	}
	h.certificates = append(h.certificates, c)
}

func certificateShown(r *record.Record) bool {
	return r.Verified != nil && r.Verified.TLS != nil && r.Verified.TLS.NotAfter != nil
}

// certificateTable lists the certificates, those that end first at the top.
func (h *htmlWriter) certificateTable() {
	if len(h.certificates) == 0 {
		return
	}
	slices.SortStableFunc(h.certificates, func(a, b certificate) int {
		return cmp.Or(a.notAfter.Compare(b.notAfter), cmp.Compare(a.where, b.where))
	})
	h.put(`<section class="certificates">
<h2>{}</h2>
<table>
<thead><tr><th scope="col">expires</th><th scope="col">at</th><th scope="col">for</th><th scope="col">signed by</th><th scope="col">key</th></tr></thead>
<tbody>
`, sentence.Count(len(h.certificates), "Certificate", "Certificates"))
	for _, c := range h.certificates {
		h.certificateRow(c)
	}
	h.put("</tbody>\n</table>\n</section>\n")
}

func (h *htmlWriter) certificateRow(c certificate) {
	h.put(`<tr><td class="end {}" data-name="expires">{}`, c.problem, c.notAfter.UTC().Format(time.DateOnly))
	if c.problem == "expired" {
		h.put(" <small>expired</small>")
	}
	h.put(`</td><td class="mono" data-name="at">{}</td><td data-name="for">{}</td><td data-name="signed by">{}</td><td data-name="key">{}</td></tr>`+"\n",
		c.where, c.names, c.issuer, c.key)
}
