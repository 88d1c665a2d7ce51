package internal_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// adviceInMessage matches the part of a message that says what the client can do.
var adviceInMessage = regexp.MustCompile(`\b([Tt]ry again|Log in|Send|Use|Ask|Leave|Correct|Check|End|Delete|Open) ?\b|\bmust\b`)

// withoutAdvice lists the errors whose message needs no advice, with the reason.
var withoutAdvice = map[string]string{
	"httperr.errClientClosed": "no client is left to read it",
	"tlsconf.ErrTarget":       "only a program that writes its own request lines can cause it",
}

// TestMessages compares the message of every declared error with the golden file, and demands
// that it says what the client can do.
func TestMessages(t *testing.T) {
	var lines []string
	declared := sentinels(t)
	for name, e := range declared {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", name, e.code, e.message))
		if why := badMessage(e.message); why != "" && (withoutAdvice[name] == "" || why != noAdvice) {
			t.Errorf("the message of %s %s: %q", name, why, e.message)
		} else if why == "" && withoutAdvice[name] != "" {
			t.Errorf("%s has advice and is listed in withoutAdvice", name)
		}
	}
	for name := range withoutAdvice {
		if _, ok := declared[name]; !ok {
			t.Errorf("withoutAdvice lists %s, which is not declared", name)
		}
	}
	for _, m := range inlineMessages(t) {
		lines = append(lines, m.folder+": "+m.text)
		if why := badMessage(m.text); why != "" && !strings.HasSuffix(m.text, "…") {
			t.Errorf("a message in %s %s: %q", m.folder, why, m.text)
		}
	}
	slices.Sort(lines)
	compareGolden(t, "messages.txt", messagesHeader, lines)
}

const messagesHeader = `# Every error that a client can receive: package.Name: code: message; or the folder and a message
# that takes the place of a declared one. Each says what the client can do. go test ./internal -run TestMessages -update writes this file.
`

// An inlineMessage is a message that a function sets in place of the message of a declared error.
type inlineMessage struct{ folder, text string }

// inlineMessages finds the literals that are assigned to a field Message, that are the Message of
// an element of a map of errors, and that are passed as a parameter named message.
func inlineMessages(t *testing.T) (found []inlineMessage) {
	t.Helper()
	for folder := range exportedNames {
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
			for _, text := range messagesOf(file) {
				found = append(found, inlineMessage{folder, text})
			}
		}
	}
	return found
}

func messagesOf(file *ast.File) (texts []string) {
	add := func(e ast.Expr) {
		if text, ok := literalText(e); ok {
			texts = append(texts, text)
		}
	}
	takers := map[string]bool{} // functions whose first parameter is message
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok || len(f.Type.Params.List) == 0 || len(f.Type.Params.List[0].Names) == 0 {
			continue
		}
		takers[f.Name.Name] = f.Type.Params.List[0].Names[0].Name == "message"
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			if s, ok := n.Lhs[0].(*ast.SelectorExpr); ok && s.Sel.Name == "Message" && len(n.Rhs) == 1 {
				add(n.Rhs[0])
			}
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.Ident); ok && takers[f.Name] {
				add(n.Args[0])
			}
		case *ast.CompositeLit:
			if n.Type != nil || len(n.Elts) < 3 {
				return true
			}
			for _, e := range n.Elts { // {Status: …, Code: …, Message: …} without a type
				if kv, ok := e.(*ast.KeyValueExpr); ok && fmt.Sprint(kv.Key) == "Message" {
					add(kv.Value)
				}
			}
		}
		return true
	})
	return texts
}

// literalText returns the text of a literal, or the literal at the beginning of a sum, with "…" for
// the rest.
func literalText(e ast.Expr) (text string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		for {
			left, isSum := e.X.(*ast.BinaryExpr)
			if !isSum {
				break
			}
			e = left
		}
		text, ok := literalText(e.X)
		return text + "…", ok
	}
	return "", false
}

// TestInlineMessagesAreFound gives messagesOf a file with a message of each kind.
func TestInlineMessagesAreFound(t *testing.T) {
	const source = `package p
func bad(message, reason string) {}
func f() {
	e.Message = "One. Send it."
	e.Message = "Two " + list + "."
	bad("Three. Send it.", "reason")
	e.Message = other
}
var m = map[int]*Error{501: {Status: 501, Code: "four", Message: "Four. Send it."}}
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(messagesOf(file), "|"); got != "One. Send it.|Two …|Three. Send it.|Four. Send it." {
		t.Errorf("found %s", got)
	}
}

const noAdvice = "does not say what the client can do"

// badMessage returns what is wrong with a message, or "". A message is made of whole sentences
// for the user of a client, and at least one of them is advice.
func badMessage(message string) string {
	switch {
	case !regexp.MustCompile(`^[A-Z][^\n{}<>]*\.$`).MatchString(message):
		return "is not made of sentences"
	case len(message) > 140:
		return "is longer than 140 bytes"
	case !adviceInMessage.MatchString(message):
		return noAdvice
	}
	return ""
}

// TestMessagesAreChecked gives badMessage a good message and one of each bad form.
func TestMessagesAreChecked(t *testing.T) {
	for message, want := range map[string]string{
		"The session has ended. Log in again.": "", "The request must have a body.": "",
		"The session has ended.": noAdvice, "": "is not made of sentences", "send it again": "is not made of sentences",
	} {
		if got := badMessage(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
