package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// faultFolders have the messages of the faults that an envelope lists.
var faultFolders = []string{"validate", "validate/internal/plan", "validate/internal/rule", "validate/internal/bind", "authz/view"}

// TestFaultMessages compares the code and the message of each fault of the input with the golden
// file. A client reads the message after the place of the fault, so it is the rest of a sentence
// about what is wrong or right there.
func TestFaultMessages(t *testing.T) {
	var lines []string
	for _, folder := range faultFolders {
		paths, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range paths {
			if strings.HasSuffix(path, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range faultMessagesOf(file) {
				lines = append(lines, f[0]+": "+f[1])
				if why := badFaultMessage(f[1]); why != "" {
					t.Errorf("%s: the message of %s %s: %q", path, f[0], why, f[1])
				}
			}
		}
	}
	slices.Sort(lines)
	compareGolden(t, "faultmessages.txt", faultMessagesHeader, slices.Compact(lines))
}

const faultMessagesHeader = `# Every fault of the input that an envelope can list: code: message. A % stands for a value of the
# schema. go test ./internal -run TestFaultMessages -update writes this file.
`

// faultMessagesOf finds each literal with a Code and a Message and without a Status, each type of
// JSON, and each call of a method fault with both. It returns pairs of a code and a message.
func faultMessagesOf(file *ast.File) (found [][2]string) {
	add := func(code, message ast.Expr) {
		c, isCode := literalText(code)
		m, isMessage := literalText(message)
		if isCode && isMessage {
			found = append(found, [2]string{c, m})
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "fault" && len(n.Args) == 2 {
				add(n.Args[0], n.Args[1])
			}
		case *ast.CompositeLit:
			if len(n.Elts) == 3 { // {token, name of the type, message}
				if text, ok := literalText(n.Elts[2]); ok && strings.HasPrefix(text, "must ") {
					add(&ast.BasicLit{Value: `"type"`}, n.Elts[2])
				}
			}
			members := map[string]ast.Expr{}
			for _, e := range n.Elts {
				if kv, ok := e.(*ast.KeyValueExpr); ok {
					members[strings.ToLower(fmt.Sprint(kv.Key))] = kv.Value
				}
			}
			if members["code"] != nil && members["message"] != nil && members["status"] == nil {
				add(members["code"], members["message"])
			}
		}
		return true
	})
	return found
}

// faultMessage matches the rest of a sentence whose subject is the place of the fault.
var faultMessage = regexp.MustCompile(`^(must|is|has|may|takes) [^.\n]*[^.\n ]…?$`)

// badFaultMessage returns what is wrong with the message of a fault, or "".
func badFaultMessage(message string) string {
	switch {
	case !faultMessage.MatchString(strings.TrimSuffix(message, " ")):
		return "is not the rest of a sentence"
	case len(message) > 80:
		return "is longer than 80 bytes"
	}
	return ""
}

// TestFaultMessagesAreFound gives faultMessagesOf a file with a fault of each form, and
// badFaultMessage a good message and bad ones.
func TestFaultMessagesAreFound(t *testing.T) {
	const source = `package p
var (
	a = Fault{Code: "one", Message: "is one", About: x}
	b = map[string]row{"k": {Code: "two", message: "must be %", Param: "p"}}
	c = []kind{{x, "string", "must be a string"}, {x, "string", other}}
	d = Fault{Code: "none"}
	e = &Error{Status: 400, Code: "none", Message: "The request is not valid."}
)
func f() { c.fault("three", "has three"); c.fault("none", other) }
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(faultMessagesOf(file)); got != "[[one is one] [two must be %] [type must be a string] [three has three]]" {
		t.Errorf("found %s", got)
	}
	for message, want := range map[string]bool{
		"must be a UUID": true, "is required": true, "has too many items": true, "Must be one": false, "must be one.": false, "": false,
		"invalid": false, "must": false, "must " + strings.Repeat("x", 80): false,
	} {
		if got := badFaultMessage(message) == ""; got != want {
			t.Errorf("%q: %v", message, got)
		}
	}
}
