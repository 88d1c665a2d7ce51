package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A database that exists keeps its rows, and gets the migrations that it lacks.
func TestMigrations(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	for n := range 3 {
		db, err := openStore(t.Context(), file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := newUsers(db).add(t.Context(), strings.Repeat("x", n+1)+"@acme.example", "acme", "clerk"); err != nil {
			t.Error(err)
		}
		var rows int
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM users`).Scan(&rows); err != nil || rows != n+1 {
			t.Error(rows, err)
		}
		if _, err := newUsers(db).add(t.Context(), "b@acme.example", "acme", "king"); err == nil {
			t.Error("a role that does not exist")
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Each statement is a constant, so no value of a request can become a part of it.
func TestStatementsAreConstants(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	statements := 0
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, argument := range statementsOf(parsed) {
			statements++
			_, constant := argument.(*ast.BasicLit)
			if call, ok := argument.(*ast.CallExpr); ok && file == "store.go" && len(call.Args) == 1 {
				constant = true // string(migration), an embedded file
			}
			if !constant {
				t.Errorf("%s has a statement that is no constant", file)
			}
		}
	}
	if statements < 10 {
		t.Errorf("%d statements", statements)
	}
	bad, err := parser.ParseFile(token.NewFileSet(), "bad.go", `package a; var _ = db.QueryContext(ctx, "SELECT "+name)`, 0)
	if err != nil {
		t.Fatal(err)
	}
	if list := statementsOf(bad); len(list) != 1 {
		t.Errorf("%d statements", len(list))
	} else if _, constant := list[0].(*ast.BasicLit); constant {
		t.Error("a sum passes for a constant")
	}
}

// statementsOf returns the statement of each call of database/sql in a file.
func statementsOf(file *ast.File) (list []ast.Expr) {
	methods := []string{"ExecContext", "QueryContext", "QueryRowContext", "PrepareContext"}
	old := []string{"Exec", "Query", "QueryRow", "Prepare"}
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		method, ok := call.Fun.(*ast.SelectorExpr)
		switch {
		case ok && slices.Contains(methods, method.Sel.Name) && len(call.Args) > 1:
			list = append(list, call.Args[1])
		case ok && slices.Contains(old, method.Sel.Name) && len(call.Args) > 0:
			list = append(list, call.Args[0])
		}
		return true
	})
	return list
}
