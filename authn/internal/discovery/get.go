package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// MaxBody is the largest accepted response of an issuer in bytes.
const MaxBody = 1 << 20

// A StatusError is the error for a response with another status than 200.
type StatusError int

func (e StatusError) Error() string { return fmt.Sprintf("the status is %d", int(e)) }

// Get sends one GET request, without a text of any token, and returns the body and the
// header of a response with status 200. ctx bounds the time for both. The Content-Type of
// the response does not matter, because issuers send JSON with many types; accept is for
// the request alone.
func Get(ctx context.Context, client *http.Client, target, accept string) ([]byte, http.Header, error) {
	body, header, err := get(ctx, client, target, accept)
	// The outermost error is the *url.Error of net/http, whose text has the whole URL.
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	return body, header, err
}

func get(ctx context.Context, client *http.Client, target, accept string) ([]byte, http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("Accept", accept)
	// With this field set explicitly, a transport does not decompress the body by itself.
	req.Header.Set("Accept-Encoding", "identity")
	res, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return nil, nil, StatusError(res.StatusCode)
	}
	if c := res.Header.Get("Content-Encoding"); c != "" && !strings.EqualFold(c, "identity") {
		return nil, nil, errEncoding
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, MaxBody+1))
	switch {
	case err != nil:
		return nil, nil, err
	case len(body) > MaxBody:
		return nil, nil, ErrSize
	case bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("<")):
		// The log should show a page: a login, a maintenance notice, or a wrong URL.
		return nil, nil, errHTML
	}
	return body, res.Header, nil
}
