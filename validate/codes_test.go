package validate

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
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
	for name, r := range table {
		if r.code != "" {
			c.add(r.code, r.param)
		}
		for kind := range things {
			if r.counts != "" {
				f := describe(name, "3", kind, reflect.TypeFor[string]())
				c.add(f.code, slices.Collect(maps.Keys(f.params))...)
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
		if !ok || with.Sel.Name != "with" {
			return
		}
		code := ""
		switch on := with.X.(type) {
		case *ast.CompositeLit:
			code = codeOf(on)
		case *ast.Ident:
			code = named[on.Name]
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

// codeOf returns the code of a literal of fault.
func codeOf(lit *ast.CompositeLit) string {
	if id, ok := lit.Type.(*ast.Ident); !ok || id.Name != "fault" {
		return ""
	}
	for _, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && constant(kv.Key) == "code" {
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

// ownSources returns the source of the package, without tests.
func ownSources(tb testing.TB) map[string]string {
	tb.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		tb.Fatal(err)
	}
	sources := map[string]string{}
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
		var faultA = fault{code: "a", message: "m"}
		var faultB, faultC = fault{code: "b"}, fault{code: "c", message: "m"}
		func f() { use(faultA.with("max", 1, "min", 2), faultB.with("min", 1)); use(fault{code: "rule_" + name}) }`})
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
