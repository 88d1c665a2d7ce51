package validate

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// A set of params, by code.
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

// documentedCodes reads the section Codes of the documentation.
func documentedCodes(tb testing.TB, doc string) codeTable {
	tb.Helper()
	_, section, ok := strings.Cut(doc, "\n// # Codes\n")
	if !ok {
		tb.Fatal("there is no section Codes")
	}
	if i := strings.Index(section, "\n// # "); i >= 0 {
		section = section[:i]
	}
	row := regexp.MustCompile(`(?m)^//\t([a-z0-9_…]+)(?: \[([a-z_ ]+)\])?  +\S.*$`)
	table := codeTable{}
	for line := range strings.SplitSeq(section, "\n") {
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
		if r.Code != "" {
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

// sourceCodes collects the codes in the source: of the literals of fault, with
// the params that are put into those.
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

// assembled are params that are put into a fault that is no constant.
var assembled = codeTable{
	"compare":  {"with": true},
	"required": {"with": true},
	"excluded": {"with": true},
	"rule_…":   {"param": true},
}

// differences compares what is documented with what is in the source.
func differences(documented, source codeTable) (list []string) {
	for code := range documented {
		if source[code] == nil {
			list = append(list, code+" is documented, and nothing says it")
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

// Codes are an interface, and the table of them says of each what there is.
func TestCodesAreDocumented(t *testing.T) {
	sources := ownSources(t)
	source := sourceCodes(t, sources)
	source.addRules()
	for code, params := range assembled {
		source.add(code, slices.Collect(maps.Keys(params))...)
	}
	for _, d := range differences(documentedCodes(t, sources["doc.go"]), source) {
		t.Error(d)
	}
}

// The comparison notices what is missing on either side.
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
