package authz_test

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

// ruling is a Decider with one answer.
type ruling struct {
	allow  bool
	reason string
	err    error
}

func (d ruling) Decide(*http.Request, *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{Allow: d.allow, Reason: d.reason}, d.err
}

// named is a Decider that always allows.
type named string

func (d named) String() string { return string(d) }
func (named) Decide(*http.Request, *authn.Principal) (authz.Ruling, error) {
	return authz.Ruling{Allow: true}, nil
}

// counting counts the questions, and returns the answer of the function.
type counting struct {
	asked  int
	answer func(*http.Request, *authn.Principal) (authz.Ruling, error)
}

func (d *counting) Decide(r *http.Request, p *authn.Principal) (authz.Ruling, error) {
	d.asked++
	if d.answer == nil {
		return authz.Ruling{Allow: true}, nil
	}
	return d.answer(r, p)
}

var errDown = errors.New("the policy service is down")

func TestDeciders(t *testing.T) {
	panicking := &counting{answer: func(*http.Request, *authn.Principal) (authz.Ruling, error) { panic("boom") }}
	// The error of a Decider is no response of its own.
	notFound := ruling{err: httperr.ErrNotFound.With(errDown)}
	for name, tc := range map[string]struct {
		require authz.Requirement
		status  int
		code    string
		cause   string
		reason  string // in Decision and in the record
		events  audit.Events
	}{
		"allowed":                  {authz.Decide(ruling{allow: true, reason: "policy0"}), 200, "", "", "policy0", 0},
		"denied":                   {authz.Decide(ruling{reason: "policy1 forbids"}), 403, "forbidden", "policy1 forbids", "policy1 forbids", audit.AuthzDenied},
		"denied without a reason":  {authz.Decide(ruling{}), 403, "forbidden", "", "", audit.AuthzDenied},
		"an error":                 {authz.Decide(ruling{err: errDown}), 503, "authorization_unavailable", errDown.Error(), "", audit.StoreDegraded},
		"an error that allows":     {authz.Decide(ruling{allow: true, err: errDown}), 503, "authorization_unavailable", errDown.Error(), "", audit.StoreDegraded},
		"an error with a response": {authz.Decide(notFound), 503, "authorization_unavailable", errDown.Error(), "", audit.StoreDegraded},
		"a panic":                  {authz.Decide(panicking), 403, "forbidden", "panicked: boom", "the Decider panicked: boom", audit.AuthzDenied},
		"error, granted":           {authz.Any(authz.Decide(ruling{err: errDown}), authz.Scopes("a")), 200, "", "", "", audit.StoreDegraded},
		"error, refused":           {authz.Any(authz.Decide(ruling{err: errDown}), authz.Scopes("b")), 503, "authorization_unavailable", errDown.Error(), "", audit.StoreDegraded},
		"error, then a denial":     {authz.Any(authz.Decide(ruling{err: errDown}), authz.Decide(ruling{reason: "no"})), 503, "authorization_unavailable", errDown.Error(), "no", audit.StoreDegraded},
		"error and a missing role": {authz.All(authz.Decide(ruling{err: errDown}), authz.AnyRole("admin")), 403, "forbidden", "", "", audit.StoreDegraded | audit.AuthzDenied},
		"panic, granted":           {authz.Any(authz.Decide(panicking), authz.Scopes("a")), 200, "", "", "", 0},
		"allowed, missing role":    {authz.All(authz.Decide(ruling{allow: true, reason: "policy0"}), authz.AnyRole("admin")), 403, "forbidden", "", "", audit.AuthzDenied},
	} {
		t.Run(name, func(t *testing.T) {
			var records []audit.Record
			var seen authz.Decision
			errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Observe: func(r audit.Record) { records = append(records, r) }}))
			m := build(t, authz.Config{Require: tc.require, Observe: func(_ *http.Request, d authz.Decision) { seen = d }})
			spy := &mwtest.Spy{}
			server := httptest.NewServer(errs.Handler(authenticated(withScopes("a"), m.Handler(spy))))
			defer server.Close()
			res, err := server.Client().Get(server.URL)
			if err != nil {
				t.Fatal(err)
			}
			if tc.status == 200 {
				_ = res.Body.Close()
			} else if e := mwtest.Refused(t, res, tc.status, tc.code); strings.Contains(e.Message, "policy") || strings.Contains(e.Message, "boom") {
				t.Errorf("the message is %q", e.Message)
			}
			if (tc.status == 503) != (res.Header.Get("Retry-After") == "1") || (tc.status == 200) != (spy.Calls() == 1) {
				t.Errorf("Retry-After %q, next ran %d times", res.Header.Get("Retry-After"), spy.Calls())
			}
			server.Close() // the record comes after the response
			if len(records) != 1 || records[0].Events != tc.events || records[0].Reason != tc.reason || seen.Reason != tc.reason {
				t.Fatalf("records %+v, Observe saw %+v", records, seen)
			}
			if c := records[0].Cause; (c != nil) != (tc.cause != "") || c != nil && !strings.Contains(c.Error(), tc.cause) {
				t.Errorf("cause %v, want %q", c, tc.cause)
			}
		})
	}
}

// A Decider gets the issuer and the subject as a pair, is asked for each request anew, and
// is not asked if the caller is refused without it.
func TestQuestions(t *testing.T) {
	d := &counting{}
	d.answer = func(r *http.Request, p *authn.Principal) (authz.Ruling, error) {
		return authz.Ruling{Allow: p.Issuer == "https://id.example" && p.Subject == "ann" && r.Method == "POST"}, nil
	}
	for want, require := range map[int]authz.Requirement{
		2: authz.All(authz.Scopes("a"), authz.Decide(d)),
		0: authz.All(authz.Scopes("b"), authz.Decide(d)),
	} {
		d.asked = 0
		m := build(t, authz.Config{Require: require})
		for range 2 {
			if err := m.Check(request(withScopes("a"))); (err == nil) != (want > 0) {
				t.Error(err)
			}
		}
		if d.asked != want {
			t.Errorf("%v: asked %d times, want %d", require, d.asked, want)
		}
	}
	d.asked = 0
	m := build(t, authz.Config{Require: authz.Any(authz.Scopes("a"), authz.All(authz.Scopes("a"), authz.Decide(d)))})
	if err := m.Check(request(withScopes("a"))); err != nil || d.asked != 0 {
		t.Errorf("%v, asked %d times", err, d.asked)
	}
	if err := m.Check(request(nil)); !errors.Is(err, authn.ErrNoCredentials) || d.asked != 0 {
		t.Errorf("%v, asked %d times for no principal", err, d.asked)
	}
	m = build(t, authz.Config{Require: authz.All(authz.AnyRole("admin"), authz.Any(authz.Scopes("b"), authz.Decide(d)))})
	if err := m.Check(request(withScopes("a"))); !errors.Is(err, authz.ErrForbidden) || d.asked != 0 {
		t.Errorf("%v, asked %d times behind a missing role", err, d.asked)
	}
}

// The reason in the record belongs to the rule in the record.
func TestReasonOfAnOuterRule(t *testing.T) {
	var records []audit.Record
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Observe: func(r audit.Record) { records = append(records, r) }}))
	outer := build(t, authz.Config{Require: authz.Decide(ruling{allow: true, reason: "policy0"})})
	inner := build(t, authz.Config{Require: authz.Scopes("b")})
	h := errs.Handler(authenticated(withScopes("a"), outer.Handler(inner.Handler(&mwtest.Spy{}))))
	mwtest.Refused(t, mwtest.Do(h, httptest.NewRequest("GET", "/", nil)), 403, "insufficient_scope")
	if len(records) != 1 || records[0].Rule != "scopes(b)" || records[0].Reason != "" {
		t.Errorf("records %+v", records)
	}
}

// A client that leaves while a Decider works causes no 503 in the record.
func TestDeciderOfAClientThatLeft(t *testing.T) {
	var records []audit.Record
	errs := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{Logger: slog.New(slog.DiscardHandler), Observe: func(r audit.Record) { records = append(records, r) }}))
	ctx, cancel := context.WithCancel(t.Context())
	m := build(t, authz.Config{Require: authz.Decide(&counting{answer: func(r *http.Request, _ *authn.Principal) (authz.Ruling, error) {
		cancel()
		return authz.Ruling{}, r.Context().Err()
	}})})
	r := httptest.NewRequestWithContext(ctx, "GET", "/", nil)
	errs.Handler(authenticated(withScopes("a"), m.Handler(&mwtest.Spy{}))).ServeHTTP(httptest.NewRecorder(), r)
	if len(records) != 1 || records[0].Status != 499 {
		t.Errorf("records %+v", records)
	}
}

// admits is a slow reference for a requirement with failing Deciders: it tries each
// combination of the answers that they might have given. mixed says that the answers matter.
func admits(n node, failing int) (granted, mixed bool) {
	var refused bool
	for answers := range 1 << failing {
		i := 0
		if n.admits(&i, answers) {
			granted = true
		} else {
			refused = true
		}
	}
	return granted && !refused, granted && refused
}

// admits evaluates n; a leaf "error" gets the next of the answers.
func (n node) admits(next *int, answers int) bool {
	switch n.op {
	case "yes", "no":
		return n.op == "yes"
	case "error":
		*next++
		return answers>>(*next-1)&1 == 1
	}
	has := 0
	for _, p := range n.parts {
		if p.admits(next, answers) {
			has++
		}
	}
	return n.op == "any" && has > 0 || has == len(n.parts)
}

func (n node) decider() authz.Requirement {
	var parts []authz.Requirement
	for _, p := range n.parts {
		parts = append(parts, p.decider())
	}
	switch n.op {
	case "yes":
		return authz.Decide(ruling{allow: true})
	case "no":
		return authz.Decide(ruling{})
	case "error":
		return authz.Decide(ruling{err: errDown})
	case "all":
		return authz.All(parts...)
	default:
		return authz.Any(parts...)
	}
}

// deciders returns a random tree of Deciders and the number of those that fail.
func (d *dice) deciders(depth int) (n node, failing int) {
	if depth == 0 || d.roll(3) == 0 {
		n.op = []string{"yes", "no", "error"}[d.roll(3)]
		if n.op == "error" {
			failing = 1
		}
		return n, failing
	}
	n.op = []string{"all", "any"}[d.roll(2)]
	for range 1 + d.roll(3) {
		p, f := d.deciders(depth - 1)
		n.parts, failing = append(n.parts, p), failing+f
	}
	return n, failing
}

// A failed Decider never changes a decision that does not depend on it, and never decides.
func TestFailuresAgainstReference(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	count := map[error]int{}
	for range 4000 {
		d := make(dice, 128)
		for i := range d {
			d[i] = byte(rng.Uint32())
		}
		n, failing := d.deciders(3)
		if failing > 10 {
			continue
		}
		var want error
		switch granted, mixed := admits(n, failing); {
		case mixed:
			want = authz.ErrUnavailable
		case !granted:
			want = authz.ErrForbidden
		}
		q := n.decider()
		if got := build(t, authz.Config{Require: q}).Check(request(withScopes())); !errors.Is(got, want) || (got == nil) != (want == nil) {
			t.Fatalf("%+v: %v, the reference says %v", n, got, want)
		}
		count[want]++
	}
	for _, err := range []error{nil, authz.ErrForbidden, authz.ErrUnavailable} {
		if count[err] < 300 {
			t.Errorf("only %d cases of %v", count[err], err)
		}
	}
}
