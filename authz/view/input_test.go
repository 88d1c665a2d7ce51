package view_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type item struct {
	Name  string `json:"name" write:"public"`
	Price int    `json:"price" write:"admin"`
}

type change struct {
	Title  string          `json:"title" write:"self,admin"`
	Role   string          `json:"ro/l~e" write:"admin"`
	ID     string          `json:"id"`
	Items  []item          `json:"items" write:"public"`
	Map    map[string]item `json:"map" write:"public"`
	Any    any             `json:"any" write:"public"`
	At     time.Time       `json:"at" write:"public"`
	Sealed item            `json:"sealed" write:"admin"`
}

func changes(t testing.TB) *view.Input[change] {
	t.Helper()
	return mwtest.Must[*view.Input[change]](t)(view.NewInput[change](view.Config{Views: admin, MaxBody: 1000}))
}

func TestCheck(t *testing.T) {
	in := changes(t)
	for _, c := range []struct {
		body, who string
		status    int
		want      string // code and pointer of each fault
	}{
		{`{"title":"x","items":[{"name":"a"}],"any":{"role":1},"at":"now"}`, "self", 0, ""},
		{`{"title":"x","ro/l~e":"r","items":[{"price":1}],"sealed":{"price":2}}`, "admin", 0, ""},
		{` { "items" : [ ] , "map" : { "x" : { "name" : "a" } } } `, "nobody", 0, ""},
		{`null`, "self", 400, "type "},
		{`{"title":null}`, "nobody", 403, "not_writable /title"},
		{`{"t\u0069tle":"x"}`, "nobody", 403, "not_writable /title"},
		{`{"id":"1","id":2}`, "admin", 403, "not_writable /id,not_writable /id"},
		{`{"ro/l~e":"admin"}`, "self", 403, "not_writable /ro~1l~0e"},
		{`{"sealed":{"name":"x"}}`, "self", 403, "not_writable /sealed"},
		{`{"items":[{},{"name":"a","price":1}]}`, "self", 403, "not_writable /items/1/price"},
		{`{"map":{"secret":{"price":1}}}`, "self", 403, "not_writable /map"},
		{`{"ROLE":"admin","Title":"x"}`, "admin", 400, "unknown_member "},
		{`{"items":[{"secret":1}],"title":"x"}`, "nobody", 403, "unknown_member /items/0,not_writable /title"},
		{`{"items":{"price":1}}`, "nobody", 400, "type /items"},
		{`[{"op":"replace","path":"/role","value":"admin"}]`, "admin", 400, "type "},
		{`{"title":"x"}{"id":1}`, "admin", 400, ""},
		{`{"title":"` + "\xff" + `"}`, "admin", 400, ""},
	} {
		r := as("PUT", map[string]string{"nobody": ""}[c.who]+strings.TrimPrefix(c.who, "nobody"), c.who == "self", c.who)
		err := in.Check(r, []byte(c.body))
		if c.status == 0 {
			if err != nil {
				t.Errorf("%s %s: %v", c.who, c.body, err)
			}
			continue
		}
		e, ok := err.(*httperr.Error)
		if !ok || e.Status != c.status {
			t.Errorf("%s %s: %v", c.who, c.body, err)
			continue
		}
		var got []string
		for _, f := range e.Faults {
			got = append(got, f.Code+" "+*f.Pointer)
		}
		if strings.Join(got, ",") != c.want {
			t.Errorf("%s %s: %q, want %q", c.who, c.body, got, c.want)
		}
	}
}

func TestManyFaults(t *testing.T) {
	e, ok := changes(t).Check(as("PUT", "", false), []byte(`{"items":[`+strings.Repeat(`{"price":1},`, 30)+`{}]}`)).(*httperr.Error)
	if !ok || len(e.Faults) != 20 || !e.Truncated {
		t.Errorf("%+v", e)
	}
}

func TestInputOverTheWire(t *testing.T) {
	reached := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		_, _ = w.Write(b)
	})
	post := func(body string, headers ...string) *http.Response {
		r := as("POST", "ann", false, "none")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		for i := 0; i < len(headers); i += 2 {
			r.Header.Add(headers[i], headers[i+1])
		}
		return mwtest.Do(changes(t).Handler(reached), r)
	}
	const json = "application/json"
	if res := post(` {"items":[]}`, "Content-Type", json); res.StatusCode != 200 {
		t.Errorf("%d", res.StatusCode)
	} else if b, _ := io.ReadAll(res.Body); string(b) != ` {"items":[]}` {
		t.Errorf("the handler read %q", b)
	}
	if res := post(""); res.StatusCode != 200 {
		t.Errorf("no body: %d", res.StatusCode)
	}
	e := mwtest.Refused(t, post(`{"title":"SECRET"}`, "Content-Type", json), 403, "member_not_writable")
	if len(e.Errors) != 1 || *e.Errors[0].Pointer != "/title" || e.Errors[0].Code != "not_writable" {
		t.Errorf("%+v", e.Errors)
	}
	mwtest.Refused(t, post(`{"title":"x"}`, "Content-Type", "application/merge-patch+json; charset=utf-8"), 403, "member_not_writable")
	mwtest.Refused(t, post(`{}`), 415, "body_not_checkable")
	mwtest.Refused(t, post(`{}`, "Content-Type", json, "Content-Type", json), 415, "body_not_checkable")
	mwtest.Refused(t, post(`{}`, "Content-Type", "application/json-patch+json"), 415, "body_not_checkable")
	mwtest.Refused(t, post(`{}`, "Content-Type", json, "Content-Encoding", "gzip"), 415, "body_not_checkable")
	mwtest.Refused(t, post(`{`, "Content-Type", json), 400, "body_not_json")
	mwtest.Refused(t, post(strings.Repeat(" ", 1001), "Content-Type", json), 413, "body_too_large")
}

type opaque struct{ V item }

func (*opaque) UnmarshalJSON([]byte) error { return nil }

func TestNewInputFaults(t *testing.T) {
	type hiding struct {
		V opaque `json:"v" write:"public"`
	}
	_, err := view.NewInput[hiding](view.Config{Views: admin, Owners: []view.Owner{commentOwner}})
	mwtest.Faults(t, err, "authz/view: Owners:", "authz/view: view_test.hiding.V:", "authz/view: Views[admin]:")
}
