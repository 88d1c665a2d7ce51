package internal_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A package exports about a dozen names. A second concern is a second package. A change
// that raises a bound is a decision, and an unused bound must be lowered.
var exportedNames = map[string]int{
	"authn":                      16,
	"authn/apikey":               15,
	"authn/authntest":            4,
	"authn/jwks":                 17 + 13, // algorithms
	"authn/jwtauth":              26,      // access tokens, ID tokens and logout tokens
	"authn/jwtauth/idp":          17,      // one for each kind of token
	"authn/jwtissuer":            11,
	"authn/mtls":                 13,
	"authn/oauth":                15,
	"authn/oauth/logoutstore":    2,
	"authn/oauth/tokens":         4,
	"authn/oauth/tokenstore":     2,
	"authn/redisstore":           8,
	"authn/resource":             3,
	"authn/session":              24, // refresh families and cookie sessions
	"authn/session/sessionstore": 15,
	"authz":                      23, // 11 requirements
	"authz/authztest":            12,
	"authz/ipdeny":               4,
	"authz/object":               12,
	"authz/routes":               8,
	"authz/view":                 10,
	"cors":                       8,
	"cors/isolation":             4,
	"errors/audit":               20,
	"errors/httperr":             24,
	"errors/safelog":             5,
	"errors/watch":               17,
	"headers":                    11,
	"headers/allowedhosts":       5,
	"headers/clientip":           12,
	"headers/lifecycle":          5,
	"headers/reports":            7,
	"ratelimit":                  38,
	"ratelimit/concurrency":      4,
	"ratelimit/lockout":          16,
	"ratelimit/redisstore":       7,
	"tls/tlsconf":                15,
	"tls/tlsreload":              5,
	"validate":                   19,
	"validate/openapi":           8,
}

func TestExportedNames(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range listPackages(t, module+"/...") {
		folder, _ := strings.CutPrefix(p.ImportPath, module+"/")
		if strings.Contains("/"+folder+"/", "/internal/") || strings.HasPrefix(folder, "examples/") {
			continue
		}
		seen[folder] = true
		if names := exportedNamesOf(t, filepath.Join("..", folder)); len(names) != exportedNames[folder] {
			t.Errorf("%s exports %d names, and its bound is %d: %v", folder, len(names), exportedNames[folder], names)
		}
	}
	for folder := range exportedNames {
		if !seen[folder] {
			t.Errorf("%s has a bound but is not a package", folder)
		}
	}
}

// exportedNamesOf returns the exported names that are declared at the top level of the
// package in a folder, without its tests.
func exportedNamesOf(t *testing.T, folder string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(folder, e.Name()), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			for _, id := range declaredNames(d) {
				if id.IsExported() {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// declaredNames returns the names that a declaration adds to its package. A method adds
// no name.
func declaredNames(d ast.Decl) (names []*ast.Ident) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			names = append(names, d.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name)
			case *ast.ValueSpec:
				names = append(names, s.Names...)
			}
		}
	}
	return names
}

// TestExportedNamesAreCounted counts the names of a file with each kind of declaration.
func TestExportedNamesAreCounted(t *testing.T) {
	folder := t.TempDir()
	const source = `package p
const ( A = iota; B; c )
var D, e = 1, 2
type F struct{ G int }
func (F) H() {}
func I() { const J = 1 }
func k() {}
`
	for name, text := range map[string]string{"p.go": source, "p_test.go": "package p\nfunc TestL() {}\n"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(exportedNamesOf(t, folder), " "); got != "A B D F I" {
		t.Errorf("counted %s", got)
	}
}
