package headers_test

import (
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/go-sallyport/sallyport/headers"
)

func Example() {
	cfg := headers.Browser()
	cfg.CSP.ImgSrc = []string{"'self'", "https://images.example"}
	hdr, err := headers.New(cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	page := template.Must(template.New("page").Parse(`<script nonce="{{.}}">start()</script>`))
	srv := hdr.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		nonce, _ := headers.Nonce(r.Context())
		_ = page.Execute(w, nonce)
	}))

	w := httptest.NewRecorder()
	srv.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	_, nonce, _ := strings.Cut(w.Body.String(), `nonce="`)
	nonce, _, _ = strings.Cut(nonce, `"`)
	fmt.Println(strings.Contains(w.Header().Get("Content-Security-Policy"), "script-src 'nonce-"+nonce+"' 'strict-dynamic'"))
	fmt.Println(w.Header().Get("X-Frame-Options"))
	// Output:
	// true
	// DENY
}

func ExampleNew_faults() {
	_, err := headers.New(headers.Config{
		CSP:            headers.CSP{ScriptSrc: []string{"self"}},
		ReferrerPolicy: "no-referer",
	})
	fmt.Println(err)
	// Output:
	// headers: CSP.ScriptSrc[0]: "self": a keyword is quoted and in lower case, or it is the name of a host; write 'self'
	// headers: ReferrerPolicy: "no-referer": not a value of this header that a browser honours and that is safe; write no-referrer, same-origin, origin, strict-origin, origin-when-cross-origin, strict-origin-when-cross-origin or headers.Off
}
