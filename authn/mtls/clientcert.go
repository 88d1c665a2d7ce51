package mtls

import (
	"encoding/base64"
	"strings"
)

// maxChain is the number of certificates in a chain, without the leaf.
const maxChain = 16

// parseClientCert returns the certificate in Client-Cert: one byte sequence of a structured
// field (RFC 8941, section 3.3.5), without parameters.
func parseClientCert(value string) (der []byte, ok bool) {
	return parseBytes(strings.Trim(value, " "))
}

// parseClientCertChain returns the certificates in Client-Cert-Chain: a list of at most 16
// byte sequences, without parameters. An empty value is an empty list.
func parseClientCertChain(value string) (ders [][]byte, ok bool) {
	value = strings.Trim(value, " ")
	if value == "" {
		return nil, true
	}
	if strings.Count(value, ",") >= maxChain {
		return nil, false
	}
	for item := range strings.SplitSeq(value, ",") {
		if len(ders) > 0 {
			item = strings.TrimLeft(item, " \t")
		}
		der, ok := parseBytes(strings.TrimRight(item, " \t"))
		if !ok {
			return nil, false
		}
		ders = append(ders, der)
	}
	return ders, true
}

// parseBytes returns the bytes of ":base64:". The base64 must be canonical, with padding.
func parseBytes(item string) ([]byte, bool) {
	if len(item) < 2 || item[0] != ':' || item[len(item)-1] != ':' {
		return nil, false
	}
	text := item[1 : len(item)-1]
	if strings.ContainsAny(text, "\r\n") { // which package base64 skips
		return nil, false
	}
	der, err := base64.StdEncoding.Strict().DecodeString(text)
	return der, err == nil && len(der) > 0
}
