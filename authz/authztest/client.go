package authztest

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"strings"
	"time"
)

// maxBody is how much of a response is read and compared.
const maxBody = 8 << 20

// A wire sends requests to the service over a connection.
type wire struct {
	service http.Handler
	server  *httptest.Server
	client  *http.Client
	sign    func(*http.Request, Caller) error
	address string // name of the header with the address of the client
	sent    int
}

func newWire(cfg *Config) *wire {
	return &wire{service: cfg.Handler, sign: cfg.Sign, address: "Authztest-" + rand.Text()}
}

// start starts a server on the loopback interface.
func (w *wire) start() {
	w.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if a := r.Header.Get(w.address); a != "" {
			r.RemoteAddr = net.JoinHostPort(a, "49152")
			r.Header.Del(w.address)
		}
		w.service.ServeHTTP(rw, r)
	}))
	w.client = &http.Client{
		Transport:     w.server.Client().Transport,
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// A request is one request of the attack.
type request struct {
	method, host string
	path         string // escaped, with the query
	body, typ    string
	header       map[string]string
	caller       *Caller // nil: without credentials
}

// An answer is the response to a request.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) succeeded() bool { return a.status >= 200 && a.status < 300 }

// asksForLogin reports whether the answer asks for a new login.
func (a answer) asksForLogin() bool {
	const code = "insufficient_user_authentication"
	return strings.Contains(strings.Join(a.header.Values("WWW-Authenticate"), ","), code) || bytes.Contains(a.body, []byte(code))
}

// do sends q. The path is sent as it is: a client that cleaned it would send no attack.
func (w *wire) do(q request) (answer, error) {
	r, err := w.build(q)
	if err != nil {
		return answer{}, err
	}
	w.sent++
	res, err := w.client.Do(r)
	if err != nil {
		return answer{}, fmt.Errorf("no response: %w", err)
	}
	defer func() { _ = res.Body.Close() }()
	a := answer{status: res.StatusCode, header: res.Header}
	if a.body, err = io.ReadAll(io.LimitReader(res.Body, maxBody)); err != nil {
		return a, fmt.Errorf("the response breaks off: %w", err)
	}
	return a, nil
}

// build returns the request of q with its credentials.
func (w *wire) build(q request) (*http.Request, error) {
	r, err := http.NewRequest(q.method, w.server.URL, strings.NewReader(q.body))
	if err != nil {
		return nil, err
	}
	if err := setPath(r.URL, q.path); err != nil {
		return nil, err
	}
	if q.host != "" {
		r.Host = q.host
	}
	if q.body != "" {
		r.Header.Set("Content-Type", q.typ)
	}
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	if q.caller == nil {
		return r, nil
	}
	c := *q.caller
	if c.AuthTime.IsZero() {
		c.AuthTime = time.Now()
	}
	if c.Address.IsValid() {
		r.Header.Set(w.address, c.Address.String())
	}
	if err := w.sign(r, c); err != nil {
		return nil, fmt.Errorf("Config.Sign: %w", err)
	}
	return r, nil
}

// setPath sets the path and the query of u, so that they are sent as they are.
func setPath(u *url.URL, target string) (err error) {
	escaped, query, _ := strings.Cut(target, "?")
	if u.Path, err = url.PathUnescape(escaped); err != nil {
		return err
	}
	u.RawPath, u.RawQuery = escaped, query
	if u.EscapedPath() != escaped {
		return fmt.Errorf("%q is not the path of a URL", escaped)
	}
	return nil
}

// A Client sends requests of the rightful caller of a route, for the functions of
// Config.Targets. The requests go to the host of the route. A failure ends the work on the route,
// which is a fault.
type Client struct {
	wire   *wire
	caller Caller
	host   string // "": the address of the server
}

// As returns a Client that sends requests of another caller.
func (c *Client) As(caller Caller) *Client { return &Client{c.wire, caller, c.host} }

// clientError ends a function of Config.Targets.
type clientError struct{ error }

// Do sends a request and returns the body of the response. A body is sent as
// application/json. A response outside of 2xx is a failure.
func (c *Client) Do(method, path, body string) []byte { return c.do(method, path, body).body }

// Create is Do with the method POST for a response that names the new object: it returns the
// member id of the body, a string or a number, or else the last segment of Location.
func (c *Client) Create(target, body string) (id string) {
	a := c.do(http.MethodPost, target, body)
	var object struct {
		ID any `json:"id"`
	}
	decoder := json.NewDecoder(bytes.NewReader(a.body))
	decoder.UseNumber()
	if err := decoder.Decode(&object); err == nil && object.ID != nil {
		return fmt.Sprint(object.ID)
	}
	if u, err := url.Parse(a.header.Get("Location")); err == nil && u.Path != "" {
		if id, err = url.PathUnescape(path.Base(u.EscapedPath())); err == nil {
			return id
		}
	}
	panic(clientError{fmt.Errorf("the response to POST %s has neither a member id nor a Location; use Do", target)})
}

func (c *Client) do(method, target, body string) answer {
	a, err := c.wire.do(request{method: method, host: c.host, path: target, body: body, typ: "application/json", caller: &c.caller})
	if err == nil && !a.succeeded() {
		err = fmt.Errorf("answered %d: %.200s", a.status, bytes.TrimSpace(a.body))
	}
	if err != nil {
		panic(clientError{fmt.Errorf("%s %s: %w", method, target, err)})
	}
	return a
}
