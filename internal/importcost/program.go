package main

import (
	"fmt"
	"go/importer"
	"go/token"
	"go/types"
	"io"
	"os"
	"strings"
)

// baseline is the program without a package of this module.
const baseline = `package main

import (
	"log/slog"
	"net/http"
)

func main() {
	slog.Error("serve", "error", http.ListenAndServe("127.0.0.1:8080", nil))
}
`

// program returns the source of the baseline with a use of every name in uses, which are expressions
// of the package path, called p.
func program(path string, uses []string) string {
	source := strings.Replace(baseline, "\"net/http\"\n", "\"net/http\"\n\n\tp \""+path+"\"\n", 1)
	source = strings.Replace(source, "func main() {\n", "func main() {\n\tkeep(\n\t\t"+strings.Join(uses, ",\n\t\t")+",\n\t)\n", 1)
	return source + "\n//go:noinline\nfunc keep(...any) {}\n"
}

// uses returns an expression for each exported function and method of a package. The methods of
// interfaces have no code.
func (p public) uses() ([]string, error) {
	lookup := func(path string) (io.ReadCloser, error) { return os.Open(p.graph[path].Export) }
	loaded, err := importer.ForCompiler(token.NewFileSet(), "gc", lookup).Import(p.path)
	if err != nil {
		return nil, err
	}
	var found []string
	for _, name := range loaded.Scope().Names() {
		object := loaded.Scope().Lookup(name)
		if !object.Exported() {
			continue
		}
		exprs, err := expressions(object)
		if err != nil {
			return nil, fmt.Errorf("%s.%s: %w", p.folder, name, err)
		}
		found = append(found, exprs...)
	}
	return found, nil
}

// expressions returns the expressions that keep the code of one exported object.
func expressions(object types.Object) ([]string, error) {
	name := "p." + object.Name()
	switch object := object.(type) {
	case *types.Func:
		arguments, err := instantiate(object.Signature().TypeParams())
		return []string{name + arguments}, err
	case *types.Var:
		return []string{"&" + name}, nil
	case *types.TypeName:
		named, ok := types.Unalias(object.Type()).(*types.Named)
		if !ok || types.IsInterface(named) {
			return nil, nil
		}
		arguments, err := instantiate(named.TypeParams())
		var exprs []string
		for method := range types.NewMethodSet(types.NewPointer(named)).Methods() {
			if method.Obj().Exported() {
				exprs = append(exprs, fmt.Sprintf("(*%s%s).%s", name, arguments, method.Obj().Name()))
			}
		}
		return exprs, err
	}
	return nil, nil // a constant
}

// instantiate returns the type arguments for a generic function or type: string, or the constraint
// itself if string does not satisfy it.
func instantiate(params *types.TypeParamList) (string, error) {
	var arguments []string
	for param := range params.TypeParams() {
		constraint := param.Constraint().Underlying().(*types.Interface)
		named, ok := param.Constraint().(*types.Named)
		switch {
		case types.Satisfies(types.Typ[types.String], constraint):
			arguments = append(arguments, "string")
		case ok && named.Obj().Exported() && named.Obj().Pkg() == param.Obj().Pkg() && types.Satisfies(named, constraint):
			arguments = append(arguments, "p."+named.Obj().Name())
		default:
			return "", fmt.Errorf("no type argument is known for %s %s", param, param.Constraint())
		}
	}
	if len(arguments) == 0 {
		return "", nil
	}
	return "[" + strings.Join(arguments, ", ") + "]", nil
}
