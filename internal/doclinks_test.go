package internal_test

import (
	"go/ast"
	"go/doc"
	"go/doc/comment"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// linkLike matches the text of a doc link that names nothing: go/doc leaves it as it is.
var linkLike = regexp.MustCompile(`(?:^|[\s(,.;:"])\[(\*?(?:[a-z]\w*\.)?[A-Z]\w*(?:\.[A-Z]\w*)?)\](?:$|[\s),.;:"'])`)

// A doc link that names nothing is printed with its brackets, and leads nowhere.
func TestDocLinks(t *testing.T) {
	docs := map[string]*doc.Package{}
	for folder := range exportedNames {
		docs[module+"/"+folder] = documentation(t, filepath.Join("..", folder), module+"/"+folder)
	}
	links := 0
	for _, p := range docs {
		found, broken := checkLinks(p, docs)
		links += found
		for _, name := range broken {
			t.Errorf("%s: the doc link [%s] names nothing", p.ImportPath, name)
		}
	}
	if links < 20 {
		t.Errorf("only %d doc links were found", links)
	}
}

// documentation parses the package in a folder, without its tests.
func documentation(t *testing.T, folder, path string) *doc.Package {
	t.Helper()
	set := token.NewFileSet()
	//nolint:staticcheck // go/types is not needed for the comments
	pkgs, err := parser.ParseDir(set, folder, func(f fs.FileInfo) bool { return !strings.HasSuffix(f.Name(), "_test.go") }, parser.ParseComments)
	if err != nil || len(pkgs) != 1 {
		t.Fatalf("%s: %d packages, %v", folder, len(pkgs), err)
	}
	for _, p := range pkgs {
		return doc.New(p, path, doc.PreserveAST)
	}
	return nil
}

// checkLinks returns the number of the doc links of p that lead somewhere, and the other links.
func checkLinks(p *doc.Package, docs map[string]*doc.Package) (found int, broken []string) {
	parse := p.Parser()
	for _, text := range commentsOf(p) {
		for _, block := range parse.Parse(text).Content {
			eachText(block, func(part comment.Text) {
				switch part := part.(type) {
				case *comment.DocLink:
					name := strings.TrimPrefix(part.Recv+"."+part.Name, ".")
					if other := docs[part.ImportPath]; other != nil && name != "" && !other.Parser().LookupSym(part.Recv, part.Name) {
						broken = append(broken, part.ImportPath+"."+name)
					}
					found++
				case comment.Plain:
					for _, m := range linkLike.FindAllStringSubmatch(string(part), -1) {
						if strings.ToUpper(m[1]) != m[1] { // [REDACTED] is a text of records
							broken = append(broken, m[1])
						}
					}
				}
			})
		}
	}
	return found, broken
}

// commentsOf returns the comments of a package, of its exported names and of the fields of its
// structs.
func commentsOf(p *doc.Package) (texts []string) {
	values := func(all ...*doc.Value) {
		for _, v := range all {
			texts = append(texts, v.Doc)
		}
	}
	funcs := func(all ...*doc.Func) {
		for _, f := range all {
			texts = append(texts, f.Doc)
		}
	}
	texts = append(texts, p.Doc)
	values(append(p.Consts, p.Vars...)...)
	funcs(p.Funcs...)
	for _, typ := range p.Types {
		texts = append(texts, typ.Doc)
		values(append(typ.Consts, typ.Vars...)...)
		funcs(append(typ.Funcs, typ.Methods...)...)
		ast.Inspect(typ.Decl, func(n ast.Node) bool {
			if f, ok := n.(*ast.Field); ok && f.Doc != nil {
				texts = append(texts, f.Doc.Text())
			}
			return true
		})
	}
	return texts
}

// eachText calls visit for each part of the text of a block.
func eachText(block comment.Block, visit func(comment.Text)) {
	texts := func(all []comment.Text) {
		for _, part := range all {
			visit(part)
		}
	}
	switch block := block.(type) {
	case *comment.Paragraph:
		texts(block.Text)
	case *comment.Heading:
		texts(block.Text)
	case *comment.List:
		for _, item := range block.Items {
			for _, inner := range item.Content {
				eachText(inner, visit)
			}
		}
	}
}

// TestBrokenDocLinks gives checkLinks a package with a good link and with two that name nothing.
func TestBrokenDocLinks(t *testing.T) {
	const source = `// Package p is for [Good] and not for [Missing]; a[Index], [RFC 9110] and [NOTE] are no links.
package p

// Good calls [Good.Method].
type Good struct{
	// A is as [Other.Method].
	A int
}

// Method is one.
func (Good) Method() {}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	//nolint:staticcheck // go/types is not needed for the comments
	p := doc.New(&ast.Package{Name: "p", Files: map[string]*ast.File{"p.go": file}}, "example.com/p", doc.PreserveAST)
	found, broken := checkLinks(p, nil)
	if got := strings.Join(broken, " "); found != 2 || got != "Missing Other.Method" {
		t.Errorf("%d links, broken: %s", found, got)
	}
}
