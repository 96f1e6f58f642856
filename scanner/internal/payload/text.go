package payload

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// tftpRead asks for a file that is not there: the answer is an error.
func tftpRead() []byte {
	const readRequest = 1
	return join(be16(readRequest), []byte("porthole-no-such-file\x00octet\x00"))
}

// ssdpSearch asks a UPnP device for itself, in the form of the multicast
// search, which devices answer when it comes to them alone too.
func ssdpSearch() []byte {
	return lines(
		"M-SEARCH * HTTP/1.1",
		"HOST: 239.255.255.250:1900",
		`MAN: "ssdp:discover"`,
		"MX: 1",
		"ST: upnp:rootdevice")
}

// sipOptions asks a SIP server what it can do. rport has the answer sent to
// the port it was asked from; the names are ones that never resolve (RFC 2606).
func sipOptions(n nonce) []byte {
	id := hex.EncodeToString(n[:8])
	return lines(
		"OPTIONS sip:porthole.invalid SIP/2.0",
		"Via: SIP/2.0/UDP porthole.invalid;branch=z9hG4bK"+id+";rport",
		"Max-Forwards: 70",
		"From: <sip:probe@porthole.invalid>;tag="+id,
		"To: <sip:porthole.invalid>",
		"Call-ID: "+id+"@porthole.invalid",
		"CSeq: 1 OPTIONS",
		"Contact: <sip:probe@porthole.invalid>",
		"Accept: application/sdp",
		"Content-Length: 0")
}

// lines is a request of header lines and no body, as HTTP and SIP write it.
func lines(header ...string) []byte {
	return []byte(strings.Join(header, "\r\n") + "\r\n\r\n")
}

// wsdProbe asks for every device that speaks WS-Discovery: printers, cameras
// (ONVIF) and Windows, which all use the version of April 2005.
func wsdProbe(n nonce) []byte {
	const (
		soap       = "http://www.w3.org/2003/05/soap-envelope"
		addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
		discovery  = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
	)
	return fmt.Appendf(nil, `<?xml version="1.0" encoding="utf-8"?>`+
		`<s:Envelope xmlns:s="%s" xmlns:a="%s" xmlns:d="%s">`+
		`<s:Header>`+
		`<a:Action>%s/Probe</a:Action>`+
		`<a:MessageID>urn:uuid:%x-%x-4%s-8%s-%x</a:MessageID>`+
		`<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>`+
		`</s:Header>`+
		`<s:Body><d:Probe/></s:Body>`+
		`</s:Envelope>`,
		soap, addressing, discovery, discovery,
		n[:4], n[4:6], hex.EncodeToString(n[6:8])[1:], hex.EncodeToString(n[8:10])[1:], n[10:16])
}
