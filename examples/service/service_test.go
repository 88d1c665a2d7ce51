package main

import (
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

func TestInvoices(t *testing.T) {
	p := start(t)
	carl := p.login(t, "carl@acme.example", "acme", "clerk")
	anna := p.login(t, "anna@acme.example", "acme", "accountant")
	gina := p.login(t, "gina@globex.example", "globex", "accountant")
	vera := p.login(t, "vera@acme.example", "acme", "viewer")

	id := p.create(t, carl)
	path := "/v2/invoices/" + id
	p.want(t, carl, "GET", path, "", 200, `"memo":"late payer"`, `!"author"`)
	p.want(t, anna, "GET", path, "", 200, `"author"`, `!"memo"`)
	p.want(t, gina, "GET", path, "", 404, "not_found", "!late payer")
	p.want(t, vera, "GET", path, "", 404)
	p.want(t, vera, "POST", "/v2/invoices", `{"customer":"x","cents":1}`, 403, "insufficient_scope")

	p.want(t, carl, "PATCH", path, `{"paid":true}`, 403, "member_not_writable")
	p.want(t, anna, "PATCH", path, `{"memo":"x"}`, 403, "member_not_writable")
	p.want(t, anna, "PATCH", path, `{"paid":true}`, 200, `"paid":true`)
	p.want(t, carl, "PATCH", path, `{"memo":null}`, 200, `"memo":""`, `"paid":true`)
	p.want(t, carl, "POST", "/v2/invoices", `{"customer":"x","cents":0,"tenant":"globex"}`, 400, "/cents", "unknown_member")

	p.want(t, carl, "GET", "/v2/invoices?limit=1", "", 200, id)
	p.want(t, carl, "GET", "/v2/invoices?offset=1", "", 200, `"invoices":[]`)
	p.want(t, gina, "GET", "/v2/invoices", "", 200, `"invoices":[]`)
	p.want(t, anna, "DELETE", path, "", 404)
	p.want(t, carl, "DELETE", path, "", 204)
	p.want(t, carl, "GET", path, "", 404)
}

// SQL in a value is a value.
func TestHostileValues(t *testing.T) {
	p := start(t)
	carl := p.login(t, "carl@acme.example", "acme", "clerk")
	p.create(t, carl)
	p.want(t, carl, "GET", "/v2/invoices/x'%20OR%20'1'='1", "", 404)
	p.want(t, carl, "POST", "/v2/invoices", `{"customer":"'); DROP TABLE invoices; --","cents":1}`, 201, "DROP TABLE")
	p.want(t, carl, "GET", "/v2/invoices", "", 200, "DROP TABLE", "Bob")
}

func TestVersion1(t *testing.T) {
	p := start(t)
	carl := p.login(t, "carl@acme.example", "acme", "clerk")
	id := p.create(t, carl)
	p.want(t, carl, "GET", "/v1/invoices", "", 200, `"amount":"12.05"`)
	res, body := p.do(t, carl, "GET", "/v1/invoices/"+id, "")
	if res.StatusCode != 200 || !strings.Contains(body, `"amount":"12.05"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	for _, name := range []string{"Deprecation", "Sunset", "Link"} {
		if res.Header.Get(name) == "" {
			t.Errorf("no %s", name)
		}
	}
	p.want(t, carl, "DELETE", "/v1/invoices/"+id, "", 204)
}

func TestChiHasNoRouteOfItsOwn(t *testing.T) {
	p := start(t)
	err := chi.Walk(p.router, func(_, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		if pattern != "/*" {
			t.Errorf("%s is not in the inventory", pattern)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	p.want(t, "", "GET", "/nothing", "", 404, "not_found", "correlation_id")
	p.want(t, "", "POST", "/me", "", 405, "method_not_allowed", "correlation_id")
	p.want(t, "", "BREW", "/me", "", 405, "method_not_allowed", "correlation_id")
}

func TestDocs(t *testing.T) {
	p := start(t)
	p.want(t, "", "GET", "/openapi.json", "", 200, `"openapi":"3.1`)
	res, body := p.do(t, "", "GET", "/docs", "")
	policy := res.Header.Get("Content-Security-Policy")
	_, rest, _ := strings.Cut(policy, "'nonce-")
	nonce, _, _ := strings.Cut(rest, "'")
	if nonce == "" || !strings.Contains(body, `nonce="`+nonce+`"`) || strings.Contains(policy, "unsafe") {
		t.Errorf("%s\n%s", policy, body)
	}
	for _, row := range p.routes {
		if row.Router == 0 && !strings.Contains(body, "<code>"+row.Pattern+"</code>") {
			t.Errorf("the page lacks %s", row.Pattern)
		}
	}
}

func TestAuditAndMetrics(t *testing.T) {
	p := start(t)
	carl := p.login(t, "carl@acme.example", "acme", "clerk")
	gina := p.login(t, "gina@globex.example", "globex", "clerk")
	id := p.create(t, carl)
	p.want(t, carl, "GET", "/v2/invoices/"+id, "", 200) // in the log alone
	p.want(t, gina, "GET", "/v2/invoices/"+id, "", 404)
	p.endTrail(t)
	var all, denied int
	err := p.db.QueryRowContext(t.Context(), `SELECT count(*), count(*) FILTER (WHERE route = ? AND status = 404 AND events LIKE ?) FROM audit`,
		"/v2/invoices/{id}", "%authz.denied%").Scan(&all, &denied)
	if err != nil || all != 4 || denied != 1 {
		t.Errorf("%d records, %d denied, %v", all, denied, err)
	}
	if n, err := testutil.GatherAndCount(p.registry, "http_requests_total"); err != nil || n != 4 {
		t.Errorf("%d series, %v", n, err)
	}
}

// metrics.go is the file of examples/prometheus, unless the folder was copied.
func TestMetricsAreTheAdapter(t *testing.T) {
	original, err := os.ReadFile("../prometheus/metrics.go")
	if err != nil {
		t.Skip("this is a copy")
	}
	if own, err := os.ReadFile("metrics.go"); err != nil || string(own) != string(original) {
		t.Errorf("differs from examples/prometheus/metrics.go: %v", err)
	}
}
