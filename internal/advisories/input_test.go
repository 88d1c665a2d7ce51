package advisories

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate"
)

// The notes of the tests: in JSON, and in forms with three ways to write a list.
type (
	note struct {
		Title string   `json:"title" validate:"required,max=20"`
		Tags  []string `json:"tags" validate:"max=20,dive,max=20"`
	}
	repeated struct {
		Title string   `form:"title" validate:"required,max=20"`
		Tags  []string `form:"tags" style:"repeat" validate:"max=20,dive,max=20"`
	}
	bracketed struct {
		Title string   `form:"title" validate:"required,max=20"`
		Tags  []string `form:"tags[]" style:"brackets" validate:"max=20,dive,max=20"`
	}
	listed struct {
		Title string   `form:"title" validate:"required,max=20"`
		Tags  []string `form:"tags" style:"comma" validate:"max=20,dive,max=20"`
	}
)

// validated returns a handler behind the schema of a note.
func validated[T any](t *testing.T) http.Handler {
	t.Helper()
	return must[*validate.Schema[T]](t)(validate.New[T](validate.Config{MaxBody: 8 << 20})).Middleware(reach)
}

// decodes returns a naive handler that decodes a body with encoding/json, and validates it where the type is checked.
func decodes(checked func(contentType string) bool) func(*testing.T) http.Handler {
	return when(func(r *http.Request) bool {
		var n note
		if json.NewDecoder(r.Body).Decode(&n) != nil {
			return false
		}
		return !checked(r.Header.Get("Content-Type")) || n.Title != "" && len(n.Title) <= 20
	})
}

// splits returns a naive handler that says how much it has made of the first parameter of a form.
func splits(made func(name, value string) string) func(*testing.T) http.Handler {
	return fixed(say(func(r *http.Request) string {
		text := make([]byte, r.ContentLength)
		_, _ = r.Body.Read(text)
		name, value, _ := strings.Cut(string(text), "=")
		return made(name, value)
	}))
}

func inputTrials() map[string]trial {
	ours, forms := validated[note], validated[repeated]
	post := func(contentType, body string) step { return send("POST", "/notes", body, "Content-Type", contentType) }
	form := func(body string) step { return post("application/x-www-form-urlencoded", body) }
	const long = `{"title":"longer than twenty characters"}`
	honest, filled := post("application/json; charset=utf-8", `{"title":"a"}`), form("title=a&tags=b&tags=c")
	all := func(string) bool { return true }
	jsonText := func(text string) func(string) bool {
		return func(contentType string) bool { return contentType == text }
	}
	index := func(name string) int {
		_, after, _ := strings.Cut(name, "[")
		n, _ := strconv.Atoi(strings.TrimSuffix(after, "]"))
		return n
	}
	tiny := strings.Repeat("a=;", 50_000)
	return map[string]trial{
		"CVE-2026-27896": {ours: ours, honest: honest, attack: post("application/json", `{"TITLE":"a"}`), naive: decodes(all)},
		"CVE-2025-32442": {ours: ours, honest: honest, attack: post("Application/JSON ;charset=utf-8", long),
			naive: decodes(jsonText("application/json"))},
		"CVE-2026-25223": {ours: ours, honest: honest, attack: post("application/json\ta", long),
			naive: decodes(jsonText("application/json"))},
		"CVE-2026-3419": {ours: ours, honest: honest, attack: post("application/json garbage", long),
			naive: decodes(func(contentType string) bool {
				return !strings.HasPrefix(contentType, "application/json") || contentType == "application/json"
			})},
		"CVE-2024-37298": {ours: forms, honest: filled, attack: form("tags.1000000.name=b"), through: "200 1000001 members",
			naive: splits(func(name, _ string) string {
				n, _ := strconv.Atoi(strings.Split(name, ".")[1])
				return fmt.Sprint(len(make([]note, n+1)), " members")
			})},
		"CVE-2025-15284": {ours: validated[bracketed], honest: form("title=a&tags[]=b&tags[]=c"),
			attack: form("title=a" + strings.Repeat("&tags[]=b", 1000)), through: "200 1000 members",
			naive: splits(func(_, value string) string { return fmt.Sprint(strings.Count(value, "tags[]="), " members") })},
		"CVE-2026-2391": {ours: validated[listed], honest: form("title=a&tags=b,c"),
			attack: form("tags=" + strings.Repeat(",", 100_000) + "&title=a"), through: "200 100001 members",
			naive: splits(func(_, value string) string { return fmt.Sprint(strings.Count(value, ",")+1, " members") })},
		"CVE-2024-45590": {ours: forms, honest: filled, attack: form("title" + strings.Repeat("[a]", 10_000) + "=b"),
			through: "200 10000 levels",
			naive:   splits(func(name, _ string) string { return fmt.Sprint(strings.Count(name, "["), " levels") })},
		"CVE-2022-24999": {ours: forms, honest: filled, attack: form("title[__proto__]=b"), through: "200 sets __proto__",
			naive: splits(func(name, _ string) string {
				_, member, _ := strings.Cut(name, "[")
				return "sets " + strings.TrimSuffix(member, "]")
			})},
		"CVE-2019-18413": {ours: ours, honest: honest, attack: post("application/json", `{"title":1233,"__proto__":{}}`),
			naive: when(func(r *http.Request) bool {
				var members map[string]any
				_ = json.NewDecoder(r.Body).Decode(&members)
				title, ok := members["title"].(string)
				return members["__proto__"] != nil || ok && len(title) <= 20 // no longer an object of the schema
			})},
		"CVE-2025-48075": {ours: forms, honest: filled, attack: form("tags[-1]=b"), through: "500 internal_error",
			naive: splits(func(name, value string) string {
				tags := make([]string, 3)
				tags[index(name)] = value
				return "set"
			})},
		"CVE-2025-54801": {ours: forms, honest: filled, attack: form("tags[1000000]=b"), through: "200 1000001 members",
			naive: splits(func(name, _ string) string { return fmt.Sprint(len(make([]string, index(name)+1)), " members") })},
		"CVE-2025-61726": {ours: forms, honest: filled, attack: form("title=a" + strings.Repeat("&a=b", 100_000)),
			through: "200 100000 parameters",
			naive:   splits(func(_, value string) string { return fmt.Sprint(len(strings.Split(value, "&"))-1, " parameters") })},
		"CVE-2025-58186": {ours: site, attack: send("GET", "/notes", "", "Cookie", tiny), through: "200 50000 cookies", pass: "200 ann",
			honest: func(_ *testing.T, h http.Handler) string { return open(h, login(h, "ann", "")) },
			naive: fixed(say(func(r *http.Request) string {
				return fmt.Sprint(strings.Count(r.Header.Get("Cookie"), ";"), " cookies")
			}))},
	}
}
