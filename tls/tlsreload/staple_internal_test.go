package tlsreload

import (
	"encoding/base64"
	"math/big"
	"strings"
	"testing"
	"time"
)

// opensslStaple was made by "openssl ocsp" for the serial number 0x1234.
const opensslStaple = "" +
	"MIICewoBAKCCAnQwggJwBgkrBgEFBQcwAQEEggJhMIICXTCBiaEPMA0xCzAJBgNVBAMMAmNhGA8yMDI2MTIwMTAyNTcxM1owZTBjMDswCQYFKw" +
	"4DAhoFAAQUEQSM0gyzWSMH0Bn9CIlWK2LTZJIEFD64oLfRjoNwyfRCz3bOs/zQkDNVAgISNIAAGA8yMDI2MTIwMTAyNTcxM1qgERgPMjAyNjEy" +
	"MDgwMjU3MTNaMAoGCCqGSM49BAMCA0gAMEUCIF5Nz/6C5Ans+Yy9N4GKwFttMWpq8/WsfCAozsurv2gRAiEAm1ewaGXaSd9w57Q8dMp8I6ALwm" +
	"/dIvvRAwe98brGOSygggF3MIIBczCCAW8wggEVoAMCAQICFHse6GKkmkp9adwoIjmO7yIddjXPMAoGCCqGSM49BAMCMA0xCzAJBgNVBAMMAmNh" +
	"MB4XDTI2MTIwMTAyNTcxMloXDTM2MTEyODAyNTcxMlowDTELMAkGA1UEAwwCY2EwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASAFMDFjyjnHs" +
	"NjfILC0IS/D7KvaWXMVvCxvMcYDreFr0dFxLQ1Myf4v7wlREsC8/em12ccJtWw7lVPTDBz02Gao1MwUTAdBgNVHQ4EFgQUPrigt9GOg3DJ9ELP" +
	"ds6z/NCQM1UwHwYDVR0jBBgwFoAUPrigt9GOg3DJ9ELPds6z/NCQM1UwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEA2Mi0lc" +
	"a6Y+2+IEy2fWaywF4+FoZUbtQULO2iEr7FwQgCIALQZUH8ysoPu2j30bpH+52SUZ9RTWITBZzQ9ppA0pcQ"

func TestCheckStaple(t *testing.T) {
	der, err := base64.StdEncoding.DecodeString(opensslStaple)
	if err != nil {
		t.Fatal(err)
	}
	serial := big.NewInt(0x1234)
	produced := time.Date(2026, 12, 1, 2, 57, 13, 0, time.UTC)
	next := produced.AddDate(0, 0, 7)
	changed := func(old, replacement string) []byte { return []byte(strings.Replace(string(der), old, replacement, 1)) }
	for name, row := range map[string]struct {
		der    []byte
		serial *big.Int
		now    time.Time
		want   string
		until  time.Time
	}{
		"good":                    {der, serial, produced, "", next},
		"good in its last second": {der, serial, next.Add(-time.Second), "", next},
		"early":                   {der, serial, produced.Add(-time.Second), "not valid before 2026-12-01T02:57:13Z", produced},
		"out of date":             {der, serial, next, "out of date since 2026-12-08T02:57:13Z", time.Time{}},
		"another certificate":     {der, big.NewInt(0x1235), produced, "for another certificate", time.Time{}},
		"empty":                   {nil, serial, produced, "absent or empty", time.Time{}},
		"text":                    {[]byte("hunter2"), serial, produced, "not an OCSP response in DER form", time.Time{}},
		"torn":                    {der[:len(der)-1], serial, produced, "not an OCSP response in DER form", time.Time{}},
		"trailing data":           {append(append([]byte(nil), der...), 0), serial, produced, "not an OCSP response in DER form", time.Time{}},
		// The status of the certificate is an empty [0]; [2] is unknown.
		"unknown": {changed("\x12\x34\x80\x00", "\x12\x34\x82\x00"), serial, produced, "revoked or unknown", time.Time{}},
		// The status of the response is the ENUMERATED in front.
		"try later": {changed("\x0a\x01\x00", "\x0a\x01\x03"), serial, produced, "not a successful basic response (status 3)", time.Time{}},
	} {
		until, err := checkStaple(row.der, row.serial, row.now)
		if got := errorText(err); (row.want == "") != (err == nil) || !strings.Contains(got, row.want) || strings.Contains(got, "hunter2") || !until.Equal(row.until) {
			t.Errorf("%s: %v, %q", name, until, got)
		}
	}
}

// FuzzStaple asserts that an accepted response is one of this certificate, and that each
// prefix of it is refused.
func FuzzStaple(f *testing.F) {
	der, err := base64.StdEncoding.DecodeString(opensslStaple)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(der, int64(0x1234))
	f.Add(der[:100], int64(0x1234))
	now := time.Date(2026, 12, 1, 2, 57, 13, 0, time.UTC)
	f.Fuzz(func(t *testing.T, der []byte, serial int64) {
		until, err := checkStaple(der, big.NewInt(serial), now)
		if err != nil {
			return
		}
		if !now.Before(until) {
			t.Fatalf("accepted until %v", until)
		}
		if _, err := checkStaple(der[:len(der)-1], big.NewInt(serial), now); err == nil {
			t.Fatal("a torn response was accepted")
		}
		if _, err := checkStaple(der, big.NewInt(serial), until); err == nil {
			t.Fatal("accepted after its end")
		}
	})
}
