package outbound

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/authn/internal/discovery"
)

var (
	errRedirect = errors.New("the answer is a redirect, which is never followed")
	errEncoding = errors.New("the body has a content coding, though none was accepted")
)

// NewClient returns a client for requests to a provider. httpHosts are the hosts for which http
// is accepted beside loopback addresses.
func NewClient(base http.RoundTripper, httpHosts []string) *http.Client {
	return &http.Client{
		Transport:     transport{base, httpHosts},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errRedirect },
	}
}

// WithToken returns a client like c that sends an access token (RFC 6750, section 2.1).
func WithToken(c *http.Client, token string) *http.Client {
	return &http.Client{Transport: bearer{c.Transport, token}, CheckRedirect: c.CheckRedirect}
}

type bearer struct {
	base  http.RoundTripper
	token string
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.base.RoundTrip(r)
}

// A transport reads each response to its end before it hands it on.
type transport struct {
	base      http.RoundTripper
	httpHosts []string
}

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if reason, _ := claim.URLFault(r.URL.String(), t.httpHosts...); reason != "" {
		return nil, fmt.Errorf("the URL %s", reason)
	}
	r = r.Clone(r.Context())
	r.Header.Set("Accept-Encoding", "identity")
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "application/json")
	}
	res, err := t.base.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if c := res.Header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		return nil, errEncoding
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, discovery.MaxBody+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > discovery.MaxBody:
		return nil, discovery.ErrSize
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// Cause returns err without the URL that net/http puts into its text.
func Cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}
