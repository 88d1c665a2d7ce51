package safelog_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/errors/safelog"
)

// One logger, for the request records of httperr and for everything else.
func Example() {
	next := slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		switch a.Key { // these differ from run to run
		case slog.TimeKey, "duration":
			return slog.Attr{}
		case "correlation_id":
			a.Value = slog.StringValue("0190163d-…")
		}
		return a
	}})
	h, err := safelog.New(next, safelog.Config{Keys: []string{"license_key"}})
	if err != nil {
		panic(err)
	}
	logger := slog.New(h)
	errs, err := httperr.New(httperr.Config{Logger: logger})
	if err != nil {
		panic(err)
	}

	signIn := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		log := logger.WithGroup("sign_in")
		log.InfoContext(r.Context(), "attempt by jane@example.com",
			"form", map[string]any{"user": "jane", "password": "hunter2"},
			"license_key", "A-1",
			"err", errors.New("dial postgres://app:hunter2@db/x: refused"),
		)
	})
	errs.Handler(signIn).ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("POST", "/sign-in", nil))
	// Output:
	// {"level":"INFO","msg":"attempt by [REDACTED]","correlation_id":"0190163d-…","sign_in":{"form":{"password":"[REDACTED]","user":"jane"},"license_key":"[REDACTED]","err":"dial postgres://[REDACTED]@db/x: refused"}}
	// {"level":"INFO","msg":"request","correlation_id":"0190163d-…","method":"POST","route":"unmatched","status":200,"bytes":0,"path":"/sign-in","peer":"192.0.2.1"}
}

// A Secret is masked wherever it is printed.
func ExampleSecret() {
	type config struct {
		Addr string
		Key  safelog.Secret[string]
	}
	c := config{Addr: ":8080", Key: safelog.NewSecret("hunter2")}
	_ = c.Key.Reveal() // the only way to the value
	slog.New(slog.NewTextHandler(os.Stdout, noTime)).Info("starting", "config", c)
	// Output:
	// level=INFO msg=starting config="{Addr::8080 Key:[REDACTED]}"
}

// A key whose values the log needs as they are, although they look like secrets.
func ExampleConfig_plainKeys() {
	h, err := safelog.New(slog.NewTextHandler(os.Stdout, noTime), safelog.Config{DangerouslyPlainKeys: []string{"recipient"}})
	if err != nil {
		panic(err)
	}
	slog.New(h).Info("mail sent", "recipient", "jane@example.com", "reply_to", "joe@example.com", "prompt_tokens", 812)
	// Output:
	// level=INFO msg="mail sent" recipient=jane@example.com reply_to=[REDACTED] prompt_tokens=812
}
