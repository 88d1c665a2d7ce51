package validate

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A codeTable is a set of params for each code.
type codeTable map[string]map[string]bool

func (c codeTable) add(code string, params ...string) {
	if c[code] == nil {
		c[code] = map[string]bool{}
	}
	for _, p := range params {
		if p != "" {
			c[code][p] = true
		}
	}
}

// documentedCodes reads the section Codes of a doc comment, which ends at the next heading
// or at the end of the comment.
func documentedCodes(tb testing.TB, doc string) codeTable {
	tb.Helper()
	_, section, ok := strings.Cut(doc, "\n// # Codes\n")
	if !ok {
		tb.Fatal("there is no section Codes")
	}
	row := regexp.MustCompile(`(?m)^//\t([a-z0-9_…]+)(?: \[([a-z_ ]+)\])?  +\S.*$`)
	table := codeTable{}
	for line := range strings.SplitSeq(section, "\n") {
		if !strings.HasPrefix(line, "//") || strings.HasPrefix(line, "// # ") {
			break
		}
		if !strings.HasPrefix(line, "//\t") || strings.HasPrefix(line, "//\t ") {
			continue
		}
		m := row.FindStringSubmatch(line)
		switch {
		case m == nil:
			tb.Errorf("not a row: %q", line)
		case table[m[1]] != nil:
			tb.Errorf("%s is there twice", m[1])
		default:
			table.add(m[1], strings.Fields(m[2])...)
		}
	}
	return table
}

// addRules adds the codes of the rules, with their params.
func (c codeTable) addRules() {
	for name, r := range rule.Table {
		f := rule.Describe(name, "A", reflect.String, tString)
		switch {
		case strings.HasSuffix(f.Message, " of the form "+name):
			c.add("format_…")
		case r.Code != "":
			c.add(r.Code, r.Param)
		}
		for _, kind := range []reflect.Kind{reflect.String, reflect.Slice, reflect.Map} {
			if r.Counts != "" {
				f := rule.Describe(name, "3", kind, reflect.TypeFor[string]())
				c.add(f.Code, slices.Collect(maps.Keys(f.Params))...)
			}
		}
	}
}

// sourceCodes collects the codes of the literals of Fault in the source, with
// the params that the source adds to them.
func sourceCodes(tb testing.TB, sources map[string]string) codeTable {
	tb.Helper()
	files := gotoken.NewFileSet()
	var parsed []*ast.File
	for name, text := range sources {
		f, err := parser.ParseFile(files, name, text, parser.SkipObjectResolution)
		if err != nil {
			tb.Fatal(err)
		}
		parsed = append(parsed, f)
	}
	table, named := codeTable{}, map[string]string{}
	eachNode(parsed, func(n ast.Node) {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, v := range n.Values {
				if lit, ok := v.(*ast.CompositeLit); ok && i < len(n.Names) {
					named[n.Names[i].Name] = codeOf(lit)
				}
			}
		case *ast.CompositeLit:
			if code := codeOf(n); code != "" {
				table.add(code)
			}
		}
	})
	eachNode(parsed, func(n ast.Node) {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return
		}
		with, ok := call.Fun.(*ast.SelectorExpr)
		if !ok || with.Sel.Name != "With" {
			return
		}
		code := ""
		switch on := with.X.(type) {
		case *ast.CompositeLit:
			code = codeOf(on)
		case *ast.Ident:
			code = named[on.Name]
		case *ast.SelectorExpr:
			code = named[on.Sel.Name]
		}
		for i := 0; code != "" && i < len(call.Args); i += 2 {
			table.add(code, constant(call.Args[i]))
		}
	})
	return table
}

func eachNode(files []*ast.File, visit func(ast.Node)) {
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool { visit(n); return true })
	}
}

// codeOf returns the code of a literal of plan.Fault.
func codeOf(lit *ast.CompositeLit) string {
	switch t := lit.Type.(type) {
	case *ast.Ident:
		if t.Name != "Fault" {
			return ""
		}
	case *ast.SelectorExpr:
		if constant(t.X) != "plan" || t.Sel.Name != "Fault" {
			return ""
		}
	default:
		return ""
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && constant(kv.Key) == "Code" {
			return constant(kv.Value)
		}
	}
	return ""
}

// constant returns a constant, or a name, as text. "rule_" + name is "rule_…".
func constant(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, _ := strconv.Unquote(e.Value)
		return s
	case *ast.Ident:
		return e.Name
	case *ast.BinaryExpr:
		return constant(e.X) + "…"
	}
	return ""
}

// ownSources returns the source of the package and its rooms, without tests.
func ownSources(tb testing.TB) map[string]string {
	tb.Helper()
	sources := map[string]string{}
	for _, pattern := range []string{"*.go", "internal/*/*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil || len(names) < 5 {
			tb.Fatal(err, names)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			b, err := os.ReadFile(name)
			if err != nil {
				tb.Fatal(err)
			}
			sources[name] = string(b)
		}
	}
	return sources
}

// assembled are the params of faults that are made at run time, not from a constant.
var assembled = codeTable{
	"compare":  {"with": true},
	"required": {"with": true},
	"excluded": {"with": true},
	"rule_…":   {"param": true},
}

// differences compares the documented codes with those of the source.
func differences(documented, source codeTable) (list []string) {
	for code := range documented {
		if source[code] == nil {
			list = append(list, code+" is documented, and the source does not have it")
		}
	}
	for code, params := range source {
		if documented[code] == nil {
			list = append(list, code+" is not documented")
			continue
		}
		want, got := slices.Sorted(maps.Keys(params)), slices.Sorted(maps.Keys(documented[code]))
		if !slices.Equal(want, got) {
			list = append(list, code+" has the params "+strings.Join(want, " ")+", and the documentation says "+strings.Join(got, " "))
		}
	}
	slices.Sort(list)
	return list
}

// Clients depend on codes. The table in the documentation has all of them, with their params.
func TestCodesAreDocumented(t *testing.T) {
	sources := ownSources(t)
	source := sourceCodes(t, sources)
	source.addRules()
	for code, params := range assembled {
		source.add(code, slices.Collect(maps.Keys(params))...)
	}
	for _, d := range differences(documentedCodes(t, sources["errors.go"]), source) {
		t.Error(d)
	}
}

// The comparison notices a code or param that is missing on either side.
func TestCodesAreDocumentedNotices(t *testing.T) {
	source := sourceCodes(t, map[string]string{"a.go": `package a
		var FaultA = Fault{Code: "a", Message: "m"}
		var faultB, faultC = plan.Fault{Code: "b"}, plan.Fault{Code: "c", Message: "m"}
		func f() { use(plan.FaultA.With("max", 1, "min", 2), faultB.With("min", 1)); use(plan.Fault{Code: "rule_" + name}, httperr.Fault{Code: "d"}) }`})
	doc := func(rows string) codeTable {
		return documentedCodes(t, "//\n// # Codes\n//\n"+rows+"//\n// # Next\n//\n//\tz  z\n")
	}
	for _, tc := range []struct {
		rows string
		want int
	}{
		{"//\ta [max min]  is a\n//\tb [min]  is b\n//\tc  is c\n//\trule_…  is d\n", 0},
		{"//\ta [max]  is a\n//\tb [min]  is b\n//\tc  is c\n//\trule_…  is d\n", 1},
		{"//\ta [max min]  is a\n//\tb [min max]  is b\n//\tc  is c\n//\trule_…  is d\n", 1},
		{"//\tb [min]  is b\n//\tc  is c\n//\trule_…  is d\n//\te  is e\n", 2},
		{"//\ta  is a\n", 4},
	} {
		if got := differences(doc(tc.rows), source); len(got) != tc.want {
			t.Errorf("%q: %q, want %d", tc.rows, got, tc.want)
		}
	}
}

// typeWith returns a struct type with one member v of type t under a rule.
func typeWith(t reflect.Type, rule string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "V", Type: t, Tag: reflect.StructTag(`json:"v" validate:"` + rule + `"` + freeTag(t))}})
}

var (
	tString = reflect.TypeFor[string]()
	tInt    = reflect.TypeFor[int]()
	tFloat  = reflect.TypeFor[float64]()
	tList   = reflect.TypeFor[[]int]()
	tTime   = reflect.TypeFor[time.Time]()
	tMap    = reflect.TypeFor[map[string]int]()
)

// stableRules has the code of each rule, with a value that breaks the rule and a value that
// does not. Codes must not change: clients switch on them.
var stableRules = []struct {
	t               reflect.Type
	rule, bad, good string
	code            string
}{
	{tString, "min=2", `"é"`, `"éé"`, "min_length"},
	{tString, "gte=2", `"a"`, `"ab"`, "min_length"},
	{tString, "gt=2", `"ab"`, `"abc"`, "min_length"},
	{tString, "max=2", `"abc"`, `"éé"`, "max_length"},
	{tString, "lte=2", `"abc"`, `"ab"`, "max_length"},
	{tString, "lt=2", `"ab"`, `"a"`, "max_length"},
	{tString, "len=2", `"a"`, `"ab"`, "length"},
	{tString, "eq=a", `"b"`, `"a"`, "const"},
	{tString, "ne=a", `"a"`, `"b"`, "not"},
	{tInt, "min=2", `1`, `2`, "min"},
	{tInt, "gte=-2", `-3`, `-2`, "min"},
	{tInt, "gt=2", `2`, `3`, "exclusive_min"},
	{tInt, "max=2", `3`, `2`, "max"},
	{tInt, "lte=2", `3`, `2`, "max"},
	{tFloat, "lt=2.5", `2.5`, `2.4`, "exclusive_max"},
	{tInt, "len=2", `3`, `2`, "const"},
	{tInt, "oneof=1 2", `3`, `2`, "enum"},
	{tList, "min=2", `[1]`, `[1,2]`, "min_items"},
	{tList, "gt=1", `[1]`, `[1,2]`, "min_items"},
	{tList, "max=1", `[1,2]`, `[1]`, "max_items"},
	{tList, "lte=1", `[1,2]`, `[]`, "max_items"},
	{tList, "lt=2", `[1,2]`, `[1]`, "max_items"},
	{tList, "lt=0", `[1]`, ``, "max_items"},
	{tList, "len=2", `[1]`, `[1,2]`, "items"},
	{tList, "len=1", `[1,2]`, `[1]`, "max_items"},
	{tList, "unique", `[1,1]`, `[1,2]`, "unique_items"},
	{tMap, "min=1", `{}`, `{"a":1}`, "min_members"},
	{tMap, "gt=1", `{"a":1}`, `{"a":1,"b":2}`, "min_members"},
	{tMap, "max=1", `{"a":1,"b":2}`, `{"a":1}`, "max_members"},
	{tMap, "lt=2", `{"a":1,"b":2}`, `{"a":1}`, "max_members"},
	{tMap, "len=2", `{"a":1}`, `{"a":1,"b":2}`, "members"},
	{tString, "email", `"a"`, `"a@example.com"`, "format_email"},
	{tString, "url", `"a"`, `"https://example.com"`, "format_url"},
	{tString, "http_url", `"ftp://a.b"`, `"http://example.com"`, "format_url"},
	{tString, "uri", `"a"`, `"https://example.com"`, "format_uri"},
	{tString, "uuid", `"a"`, `"0190163d-8694-739b-aea5-966c26f8ad90"`, "format_uuid"},
	{tString, "uuid4", `"0190163d-8694-739b-aea5-966c26f8ad90"`, `"3e8f4f0e-3b0c-4f6e-9a53-1d1f7c9f2b11"`, "format_uuid"},
	{tString, "ulid", `"a"`, `"01ARZ3NDEKTSV4RRFFQ69G5FAV"`, "format_ulid"},
	{tString, "ip", `"1.2.3"`, `"::1"`, "format_ip"},
	{tString, "ipv4", `"::1"`, `"1.2.3.4"`, "format_ipv4"},
	{tString, "ipv6", `"1.2.3.4"`, `"::1"`, "format_ipv6"},
	{tString, "cidr", `"1.2.3.4"`, `"1.2.3.0/24"`, "format_cidr"},
	{tString, "hostname", `"-"`, `"example.com"`, "format_hostname"},
	{tString, "fqdn", `"a"`, `"example.com"`, "format_hostname"},
	{tString, "e164", `"12"`, `"+441234567890"`, "format_phone"},
	{tString, "datetime=2006-01-02", `"2026"`, `"2026-01-02"`, "format_date_time"},
	{tString, "alpha", `"1"`, `"a"`, "pattern"},
	{tString, "alphanum", `"-"`, `"a1"`, "pattern"},
	{tString, "numeric", `"a"`, `"1"`, "pattern"},
	{tString, "number", `"a"`, `"1"`, "pattern"},
	{tString, "ascii", `"é"`, `"e"`, "pattern"},
	{tString, "printascii", `"\u0001"`, `"e"`, "pattern"},
	{tString, "hexadecimal", `"x"`, `"ff"`, "pattern"},
	{tString, "hexcolor", `"x"`, `"#ffffff"`, "pattern"},
	{tString, "lowercase", `"A"`, `"a"`, "pattern"},
	{tString, "uppercase", `"a"`, `"A"`, "pattern"},
	{tString, "base64", `"!"`, `"AQI="`, "format_base64"},
	{tString, "base64url", `"!"`, `"AQI="`, "format_base64"},
	{tString, "json", `"{"`, `"{}"`, "format_json"},
	{tString, "jwt", `"a"`, `"e30.e30.e30"`, "format_jwt"},
	{tString, "semver", `"1"`, `"1.2.3"`, "format_semver"},
	{tString, "iso4217", `"X"`, `"EUR"`, "format_currency"},
	{tString, "iso3166_1_alpha2", `"XX"`, `"FR"`, "format_country"},
	{tString, "country_code", `"XX"`, `"FR"`, "format_country"},
	{tString, "bcp47_language_tag", `"1"`, `"en-GB"`, "format_language"},
	{tString, "credit_card", `"1"`, `"4242424242424242"`, "format_card"},
	{tString, "contains=x", `"a"`, `"x"`, "contains"},
	{tString, "excludes=x", `"x"`, `"a"`, "excludes"},
	{tString, "startswith=x", `"ax"`, `"xa"`, "prefix"},
	{tString, "endswith=x", `"xa"`, `"ax"`, "suffix"},
	{tString, "latitude", `"91"`, `"9"`, "format_latitude"},
	{tString, "longitude", `"181"`, `"9"`, "format_longitude"},
	{tString, "lt=1", `"a"`, `""`, "max_length"},
	{tString, "oneofci=A", `"b"`, `"a"`, "enum"},
	{tTime, "gt", `"2001-01-01T00:00:00Z"`, `"9001-01-01T00:00:00Z"`, "exclusive_min"},
	{tTime, "gte", `"2001-01-01T00:00:00Z"`, `"9001-01-01T00:00:00Z"`, "min"},
	{tTime, "lt", `"9001-01-01T00:00:00Z"`, `"2001-01-01T00:00:00Z"`, "exclusive_max"},
	{tTime, "lte", `"9001-01-01T00:00:00Z"`, `"2001-01-01T00:00:00Z"`, "max"},
	{tString, "email|uuid", `"a"`, `"a@example.com"`, "invalid"},
	{tString, "containsany=!?", `"a"`, `"a!"`, "contains_any"},
	{tString, "containsrune=@", `"a"`, `"a@"`, "contains"},
	{tString, "excludesall=!?", `"a!"`, `"a"`, "excludes_any"},
	{tString, "excludesrune=@", `"a@"`, `"a"`, "excludes"},
	{tString, "startsnotwith=x", `"xa"`, `"ax"`, "not_prefix"},
	{tString, "endsnotwith=x", `"ax"`, `"xa"`, "not_suffix"},
	{tString, "noneof=a b", `"a"`, `"c"`, "not_enum"},
	{tInt, "noneof=1 2", `1`, `3`, "not_enum"},
	{tString, "noneofci=a b", `"A"`, `"c"`, "not_enum"},
	{tString, "eq_ignore_case=A", `"b"`, `"a"`, "const"},
	{tString, "ne_ignore_case=A", `"a"`, `"b"`, "not"},
	{tString, "isdefault", `"a"`, `""`, "zero"},
	{tString, "isbn", `"a"`, `"9780306406157"`, "format_isbn"},
	{tString, "boolean", `"a"`, `"true"`, "format_boolean"},
	{tInt, "port", `70000`, `80`, "format_port"},
	{tString, "mac", `"a"`, `"01:23:45:67:89:ab"`, "format_mac"},
	{tString, "mongodb", `"a"`, `"507f1f77bcf86cd799439011"`, "format_mongodb"},
	{tString, "alphanumunicode", `"-"`, `"é1"`, "format_alphanumunicode"},
}

func TestCodesAreStable(t *testing.T) {
	seen := codeTable{}
	for _, tc := range stableRules {
		c, err := compileSchema(Config{}, typeWith(tc.t, tc.rule))
		if err != nil {
			t.Errorf("%s: %v", tc.rule, err)
			continue
		}
		if tc.good != "" {
			if err := c.parse(t.Context(), []byte(`{"v":`+tc.good+`}`), reflect.New(c.checker.Root.Node.Typ).Interface()); err != nil {
				t.Errorf("%s refuses %s: %v", tc.rule, tc.good, err)
			}
		}
		err = c.parse(t.Context(), []byte(`{"v":`+tc.bad+`}`), reflect.New(c.checker.Root.Node.Typ).Interface())
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok || len(e.Faults) != 1 || e.Faults[0].Code != tc.code || *e.Faults[0].Pointer != "/v" {
			t.Errorf("%s on %s: %v, want %s", tc.rule, tc.bad, err, tc.code)
			continue
		}
		if m := e.Faults[0].Message; strings.Contains(m, "%") || m == "" {
			t.Errorf("%s: message %q", tc.rule, m)
		}
		if f := &e.Faults[0]; f.Code == "format_"+tc.rule && strings.HasSuffix(f.Message, " of the form "+tc.rule) {
			f.Code = "format_…"
		}
		seen.note(e.Faults)
	}
	stableRequests(t, seen)
	// The documentation of each code has exactly the params of the faults above.
	doc, _ := os.ReadFile("errors.go")
	for _, d := range differences(documentedCodes(t, string(doc)), seen) {
		t.Error(d)
	}
}

// Every rule that clients may run has a code, and a rule for letters says its name.
func TestEveryRuleHasACode(t *testing.T) {
	for name, r := range rule.Table {
		structural := slices.Contains(strings.Fields("dive keys endkeys omitempty omitnil omitzero required validateFn"), name)
		if r.Class != rule.Unsupported && r.Class != rule.Outside && (r.Code == "") != structural {
			t.Errorf("%s: code %q", name, r.Code)
		}
		if f := rule.Describe(name, "", reflect.String, tString); f.Code == "pattern" && f.Params["name"] != name {
			t.Errorf("%s: %+v", name, f)
		}
	}
}

// odd panics during validation, on a value that New does not try.
type odd struct{ N int }

func (o odd) ValidatorValue() any {
	if o.N == 13 {
		panic("thirteen")
	}
	return o.N
}

func TestRuleThatPanics(t *testing.T) {
	type held struct {
		O odd `json:"o" validate:"max=20"`
	}
	c, err := compileSchema(Config{}, reflect.TypeFor[held]())
	if err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]error{`{"o":{"N":5}}`: nil, `{"o":{"N":13}}`: httperr.ErrInternal, `{"o":{"N":21}}`: plan.ErrInvalid, `{"o":{"N":13},"x":1}`: httperr.ErrInternal} {
		if err := c.parse(context.Background(), []byte(body), new(held)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", body, err, want)
		}
	}
}

// note adds the codes and params of faults, except inside, which every fault may have.
func (c codeTable) note(faults []httperr.Fault) {
	for _, f := range faults {
		code := f.Code
		if strings.HasPrefix(code, "rule_") {
			code = "rule_…"
		}
		c.add(code)
		for name := range f.Params {
			if name != "inside" {
				c.add(code, name)
			}
		}
	}
}

type stableBody struct {
	ID    int            `path:"id"`
	Page  int            `query:"page"`
	IDs   []int8         `query:"ids" style:"comma"`
	Match string         `header:"If-Match" validate:"max=3"`
	A     string         `json:"a" validate:"omitempty,sku"`
	B     int            `json:"b" validate:"omitempty,even"`
	C     int            `json:"c" validate:"omitempty,even=2"`
	D     int            `json:"d" validate:"omitempty,gtfield=B"`
	E     string         `json:"e" validate:"required_with=A"`
	F     string         `json:"f" validate:"excluded_with=B"`
	List  []int          `json:"list" validate:"omitempty,gt=1"`
	Few   []any          `json:"few" free:"true" validate:"omitempty,max=3,lt=2"`
	Map   map[string]int `json:"map" validate:"omitempty,gt=1,max=3"`
	Less  map[string]int `json:"less" validate:"omitempty,max=3,lt=2"`
	Text  string         `json:"text"`
	Bytes []byte         `json:"bytes"`
	Pair  [2]int         `json:"pair"`
	Big   int8           `json:"big"`
	Land  string         `json:"land"`
	Post  string         `json:"post" validate:"omitempty,postcode_iso3166_alpha2_field=Land"`
	Must  *stableMust    `json:"must"`
	Free  any            `json:"free" free:"true"`
}

type stableMust struct {
	In   bool        `json:"in" validate:"required"`
	More *stableMust `json:"more"`
}

type stableForm struct {
	Name string    `form:"name"`
	File plan.File `form:"file" accept:"image/png"`
	Rest []string  `form:"rest" style:"repeat"`
	Many []string  `form:"many" style:"comma" validate:"max=60000"`
}

// stableRequests sends requests with other faults than a broken rule of one member, and checks
// their codes.
func stableRequests(t *testing.T, seen codeTable) {
	t.Helper()
	cfg := Config{
		MaxDepth: 4, MaxItems: 5, MaxString: 20, MaxMemory: 4096, MaxFile: 10,
		Patterns: map[string]string{"sku": "[A-Z]"},
		Rules:    map[string]Rule{"even": {Check: func(v any, _ string) bool { return v.(int)%2 == 0 }}},
	}
	body, err := compileSchema(cfg, reflect.TypeFor[stableBody]())
	form, wrong := compileSchema(Config{MaxFile: 10, MaxString: 20}, reflect.TypeFor[stableForm]())
	if err = errors.Join(err, wrong); err != nil {
		t.Fatal(err)
	}
	part := func(disposition, content string) string {
		return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n--b--\r\n"
	}
	for _, tc := range []struct{ kind, sent, codes string }{
		{"json", `{"a":}`, "syntax"}, {"json", "\xff", "invalid_utf8"}, {"json", "\xef\xbb\xbf{}", "byte_order_mark"},
		{"json", `{"text":"\ud800"}`, "lone_surrogate"}, {"json", `{}{}`, "trailing_data"},
		{"json", `{"text":5}`, "type"}, {"json", `{"text":null}`, "null"}, {"json", `{"big":300}`, "range"}, {"json", `{"free":1e400}`, "range"},
		{"json", `{"must":{}}`, "required"}, {"json", `{"nope":1}`, "unknown_member"}, {"json", `{"text":"","text":""}`, "duplicate_member"},
		{"json", `{"land":"GB","post":"x"}`, "format_postcode"}, {"json", `{"free":{"x":1,"x":2}}`, "duplicate_member"}, {"json", `{"bytes":"!"}`, "format_base64"}, {"json", `{"pair":[1]}`, "items"},
		{"json", `{"` + strings.Repeat("k", 300) + `":1}`, "name_length"}, {"json", `{"b":` + strings.Repeat("1", 200) + `}`, "number_length"},
		{"json", `{"free":[[[[1]]]]}`, "too_deep"}, {"json", `{"nope":[` + strings.Repeat(`[0,0,0,0,0],`, 14) + `0]}`, "max_items unknown_member"},
		{"json", `{"free":[` + strings.Repeat(`{"a":{"x":1},"b":{"x":1},"c":{"x":1}},`, 4) + `{}]}`, "too_large"},
		{"json", `{"text":"` + strings.Repeat("x", 30) + `"}`, "max_length"}, {"json", `{"map":{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}}`, "max_members"},
		{"json", `{"a":"no"}`, "pattern required"}, {"json", `{"b":1}`, "rule_even"}, {"json", `{"c":1}`, "rule_even"},
		{"json", `{"b":2,"d":1}`, "compare"}, {"json", `{"a":"A"}`, "required"}, {"json", `{"b":2,"f":"x"}`, "excluded"},
		{"json", `{"list":[1]}`, "min_items"}, {"json", `{"few":[1,2]}`, "max_items"}, {"json", `{"map":{"a":1}}`, "min_members"},
		{"json", `{"less":{"a":1,"b":2}}`, "max_members"},
		{"path", "x", "type"}, {"path", "99999999999999999999", "range"},
		{"query", "page=1&page=2", "duplicate"}, {"query", "nope=1", "unknown_parameter"}, {"query", "page=%zz", "syntax"}, {"query", "page=%ff", "invalid_utf8"},
		{"query", "ids=1,,2", "empty_item"}, {"query", "ids=1,2,3,4,5,6", "max_items"}, {"query", strings.Repeat("page=1&", 65) + "page=1", "duplicate too_many_parameters"},
		{"query", "page=01", "type"}, {"query", "ids=500", "range"}, {"query", "page=" + strings.Repeat("1", 21), "max_length"},
		{"header", "long", "max_length"}, {"header", strings.Repeat("x", 30), "max_length"},
		{"form", "nope=1", "unknown_parameter"}, {"form", "name=1&name=2", "duplicate"}, {"form", "many=" + strings.Repeat("a,", 50_000) + "a", "too_many_values"}, {"form", "&", "syntax"}, {"form", "file=x", "type"},
		{"multipart", part(`name="file"; filename="a"`, "text"), "file_type"}, {"multipart", part(`name="file"; filename="a"`, strings.Repeat("x", 11)), "file_size"},
		{"multipart", part(`name="name"; filename="a"`, "text"), "type"}, {"multipart", part(`name="name"; size=1`, ""), "part_header"}, {"multipart", "--b", "syntax"},
	} {
		r, c := httptest.NewRequest("POST", "/", strings.NewReader("{}")), body
		r.Header.Set("Content-Type", "application/json")
		id := "1"
		switch tc.kind {
		case "json":
			r = httptest.NewRequest("POST", "/", strings.NewReader(tc.sent))
			r.Header.Set("Content-Type", "application/json")
		case "path":
			id = tc.sent
		case "query":
			r.URL.RawQuery = tc.sent
		case "header":
			r.Header.Set("If-Match", tc.sent)
		case "form", "multipart":
			c = form
			r = httptest.NewRequest("POST", "/", strings.NewReader(tc.sent))
			r.Header.Set("Content-Type", map[string]string{"form": plan.MediaForm, "multipart": plan.MediaMultipart + "; boundary=b"}[tc.kind])
		}
		r.SetPathValue("id", id)
		_, err := c.decode(nil, r, reflect.New(c.checker.Root.Node.Typ).Interface())
		e, ok := errors.AsType[*httperr.Error](err)
		if !ok {
			t.Errorf("%s %.60q: %v", tc.kind, tc.sent, err)
			continue
		}
		var codes []string
		for _, f := range e.Faults {
			codes = append(codes, f.Code)
		}
		slices.Sort(codes)
		if got := strings.Join(slices.Compact(codes), " "); got != tc.codes {
			t.Errorf("%s %.60q: %s, want %s", tc.kind, tc.sent, got, tc.codes)
		}
		seen.note(e.Faults)
	}
}
