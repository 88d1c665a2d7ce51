package reports_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sallyport/sallyport/headers/clientip"
	"github.com/go-sallyport/sallyport/headers/reports"
	"github.com/go-sallyport/sallyport/ratelimit"
)

func Example() {
	receiver, err := reports.New(reports.Config{Receive: func(_ *http.Request, report reports.Report) {
		if v := report.Violation; v != nil {
			fmt.Println(v.Document, v.Directive, v.Blocked)
		}
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ip, err := clientip.New(clientip.Direct())
	if err != nil {
		fmt.Println(err)
		return
	}
	perAddress, err := ratelimit.New(ratelimit.Config{Limits: []ratelimit.Limit{ratelimit.PerMinute(1)}, Key: ratelimit.ByClientIP})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux()
	mux.Handle("POST /reports", perAddress.Handler(receiver))
	handler := ip.Handler(mux)

	for range 2 {
		r := httptest.NewRequest("POST", "/reports", strings.NewReader(`[{"type": "csp-violation", "url": "https://app.example/", "body": {
			"documentURL": "https://app.example/", "effectiveDirective": "script-src-elem", "blockedURL": "inline"}}]`))
		r.Header.Set("Content-Type", "application/reports+json")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	// Output:
	// https://app.example/ script-src-elem inline
	// 204
	// 429
}
