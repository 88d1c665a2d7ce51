package tlsreload

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"
)

// The parts of an OCSP response (RFC 6960, section 4.2.1) that decide whether a client
// would accept it. The signature is for the client to verify.
type (
	ocspResponse struct {
		Status asn1.Enumerated
		Bytes  struct {
			Type     asn1.ObjectIdentifier
			Response []byte
		} `asn1:"explicit,tag:0,optional"`
	}
	basicResponse struct {
		Data      responseData
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
		Certs     asn1.RawValue `asn1:"explicit,tag:0,optional"`
	}
	responseData struct {
		Version    int `asn1:"explicit,tag:0,default:0,optional"`
		Responder  asn1.RawValue
		ProducedAt time.Time `asn1:"generalized"`
		Responses  []singleResponse
		Extensions asn1.RawValue `asn1:"explicit,tag:1,optional"`
	}
	singleResponse struct {
		Cert struct {
			Algorithm             pkix.AlgorithmIdentifier
			IssuerName, IssuerKey []byte
			Serial                *big.Int
		}
		Status     asn1.RawValue
		ThisUpdate time.Time        `asn1:"generalized"`
		NextUpdate time.Time        `asn1:"generalized,explicit,tag:0,optional"`
		Extensions []pkix.Extension `asn1:"explicit,tag:1,optional"`
	}
)

var oidBasicResponse = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}

// checkStaple returns the time until which der says that the certificate with this
// serial number is good, or the reason why der must not be sent. Browsers refuse a
// connection with a response that is out of date, and continue without a response.
func checkStaple(der []byte, serial *big.Int, now time.Time) (until time.Time, err error) {
	if len(der) == 0 {
		return until, errors.New("absent or empty")
	}
	var outer ocspResponse
	var basic basicResponse
	if rest, err := asn1.Unmarshal(der, &outer); err != nil || len(rest) > 0 {
		return until, errors.New("not an OCSP response in DER form")
	}
	if outer.Status != 0 || !outer.Bytes.Type.Equal(oidBasicResponse) {
		return until, fmt.Errorf("not a successful basic response (status %d)", outer.Status)
	}
	if rest, err := asn1.Unmarshal(outer.Bytes.Response, &basic); err != nil || len(rest) > 0 {
		return until, errors.New("not an OCSP response in DER form")
	}
	for _, single := range basic.Data.Responses {
		if single.Cert.Serial == nil || single.Cert.Serial.Cmp(serial) != 0 {
			continue
		}
		switch {
		case single.Status.Class != asn1.ClassContextSpecific || single.Status.Tag != 0:
			return until, errors.New("the certificate is revoked or unknown")
		case now.Before(single.ThisUpdate):
			return single.ThisUpdate, errors.New("not valid before " + single.ThisUpdate.UTC().Format(time.RFC3339))
		case single.NextUpdate.IsZero():
			return until, errors.New("without the time of its next update")
		case !now.Before(single.NextUpdate):
			return until, errors.New("out of date since " + single.NextUpdate.UTC().Format(time.RFC3339))
		}
		return single.NextUpdate, nil
	}
	return until, errors.New("for another certificate")
}
