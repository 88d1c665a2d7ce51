package contract

import (
	"bytes"
	"io"
	"net/http"
)

// Transport returns a RoundTripper for a http.Client, which checks each exchange and passes
// what it finds to report, which may be t.Error.
func (c *Contract) Transport(base http.RoundTripper, report func(...any)) http.RoundTripper {
	return transport{c, base, report}
}

type transport struct {
	contract *Contract
	base     http.RoundTripper
	report   func(...any)
}

// RoundTrip implements http.RoundTripper.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		if err := r.Body.Close(); err != nil {
			return nil, err
		}
	}
	sent := r.Clone(r.Context())
	if r.Body != nil {
		sent.Body = io.NopCloser(bytes.NewReader(body))
	}
	res, err := t.base.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	response, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if err := res.Body.Close(); err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(response))
	if err := t.contract.Check(Exchange{Request: r, Body: body, Status: res.StatusCode, Header: res.Header, Response: response}); err != nil {
		t.report(err)
	}
	return res, nil
}
