package ratelimit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/ratelimit"
	"github.com/go-sallyport/sallyport/validate"
)

type resetForm struct {
	Email string `json:"email" validate:"required,email"`
}

// A typed handler limits by a value in the body. The refusal carries Retry-After and the
// RateLimit headers, and the record names the limit.
func TestGuardOverTheWire(t *testing.T) {
	byMail := build(t, ratelimit.Config{Name: "reset", Limits: []ratelimit.Limit{ratelimit.PerHour(1)}})
	var limit string
	h := mwtest.Must[*httperr.Middleware](t)(httperr.New(httperr.Config{})).Handler(
		validate.Handler(func(ctx context.Context, in *resetForm) (*struct{}, error) {
			err := byMail.Guard(ctx, ratelimit.StringKey(strings.ToLower(in.Email)), func() error { return nil })
			limit = carrier.From(ctx).Facts().Limit
			return nil, err
		}))
	post := func(mail string) *http.Response {
		r := httptest.NewRequest("POST", "/", strings.NewReader(`{"email":"`+mail+`"}`))
		r.Header.Set("Content-Type", "application/json")
		return mwtest.Do(h, r)
	}
	for _, mail := range []string{"a@b.example", "c@b.example"} {
		if res := post(mail); res.StatusCode != http.StatusNoContent || limit != "" {
			t.Fatalf("%s: %d, %q", mail, res.StatusCode, limit)
		}
	}
	res := post("A@b.example")
	mwtest.Refused(t, res, 429, "rate_limited")
	if res.Header.Get("Retry-After") != "3600" || limit != "reset-hour" ||
		res.Header.Get("RateLimit-Policy") != `"reset-hour";q=1;w=3600` || res.Header.Get("RateLimit") != `"reset-hour";r=0;t=3600` {
		t.Errorf("%q: %v", limit, res.Header)
	}
}

// Guard gives units back by the status that the error of the function stands for.
func TestGuardRefunds(t *testing.T) {
	for name, tc := range map[string]struct {
		refundIf func(int) bool
		fn       func() error
		refunds  bool
	}{
		"none":              {nil, func() error { return nil }, false},
		"success":           {ratelimit.Succeeded, func() error { return nil }, true},
		"failure":           {ratelimit.Succeeded, func() error { return httperr.ErrNotFound }, false},
		"wrapped failure":   {func(s int) bool { return s == 404 }, func() error { return errors.Join(httperr.ErrNotFound) }, true},
		"unknown failure":   {func(s int) bool { return s == 500 }, func() error { return errStore }, true},
		"panic is no login": {ratelimit.Succeeded, func() error { panic("planted") }, false},
		"panic":             {ratelimit.Failed, func() error { panic("planted") }, true},
	} {
		l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, RefundIf: tc.refundIf})
		func() {
			defer func() { _ = recover() }()
			_ = l.Guard(ctx, someKey, tc.fn)
		}()
		called := false
		err := l.Guard(ctx, someKey, func() error { called = true; return nil })
		if called != tc.refunds || (err == nil) != tc.refunds || err != nil && !errors.Is(err, ratelimit.ErrLimited) {
			t.Errorf("%s: then called %t, %v", name, called, err)
		}
	}
}

// Refusal hides what Config.Headers hides only in Guard, and is nil for an admission.
func TestRefusal(t *testing.T) {
	l := build(t, ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerHour(1)}, Headers: ratelimit.HeadersNever})
	first, second := l.Take(ctx, someKey, 1), l.Take(ctx, someKey, 1)
	if first.Refusal() != nil {
		t.Errorf("%v", first.Refusal())
	}
	e, ok := errors.AsType[*httperr.Error](second.Refusal())
	if !ok || !errors.Is(e, ratelimit.ErrLimited) || e.Header.Get("Retry-After") != "3600" || e.Header.Get("RateLimit") == "" {
		t.Errorf("%+v", e)
	}
	if e, _ = errors.AsType[*httperr.Error](l.Guard(ctx, someKey, nil)); len(e.Header) != 1 {
		t.Errorf("%+v", e)
	}
	if d := l.Take(ctx, someKey, 2); d.Refusal() != d.Err {
		t.Errorf("a cost that is never granted: %v", d.Refusal())
	}
}

func TestJoinKeys(t *testing.T) {
	a, b := ratelimit.StringKey("a"), ratelimit.StringKey("b")
	if a.Text() != "a" || ratelimit.JoinKeys(a, b).Text() != "" || addrKey(1).Text() != "" {
		t.Error("Text is of StringKey alone")
	}
	joined, _ := ratelimit.Join(
		func(*http.Request) (ratelimit.Key, bool) { return a, true },
		func(*http.Request) (ratelimit.Key, bool) { return b, true })(nil)
	if ratelimit.JoinKeys(a, b) != joined || ratelimit.JoinKeys(b, a) == joined || ratelimit.JoinKeys(a) == a || ratelimit.JoinKeys() != (ratelimit.Key{}) {
		t.Error("JoinKeys and Join differ")
	}
}
