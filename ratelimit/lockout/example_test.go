package lockout_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/ratelimit/lockout"
)

var errWrong = &httperr.Error{Status: 401, Code: "login_failed", Message: "The account or the password is wrong."}

// A login handler with a guard.
func Example() {
	guard, err := lockout.New(lockout.Config{PerAddress: 3})
	if err != nil {
		panic(err)
	}
	handler := httperr.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		ctx := r.Context()
		account := strings.ToLower(strings.TrimSpace(r.PostFormValue("account")))
		client := netip.MustParseAddrPort(r.RemoteAddr).Addr() // behind a proxy: clientip.FromContext

		attempt, err := guard.Begin(ctx, account, client)
		if err != nil {
			return err // 429, and no password was hashed
		}
		defer attempt.Failure(ctx)                          // for every other way out
		if r.PostFormValue("password") != "correct horse" { // stands for the comparison of hashes
			now, err := attempt.Failure(ctx)
			if now.Locked {
				fmt.Println("(write to the owner, with a token of guard.Issue)")
			}
			return errWrong.With(err)
		}
		_ = attempt.Success(ctx) // the record has the error, which is no reason to refuse the login
		_, err = fmt.Fprintln(w, "welcome")
		return err
	})
	for _, password := range []string{"1234", "qwerty", "letmein", "correct horse"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/login", strings.NewReader("account=Ann&password="+password))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		handler.ServeHTTP(w, r)
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("Retry-After"))
	}
	// Output:
	// 401 ""
	// 401 ""
	// (write to the owner, with a token of guard.Issue)
	// 401 ""
	// 429 "3600"
}
