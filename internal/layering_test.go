package internal_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/go-sallyport/sallyport"

// A layer lists the imports that a package may have: packages of this module by their
// folder, others by import path. The folder "internal", or the internal folder of a
// package, stands for all packages below it that have no row of their own.
type layer struct {
	folder string   // "x/*" stands for every package below x
	ours   []string // packages of this module
	others []string // packages of other modules
}

// The first layer that fits a folder counts. A folder without a layer fails the test,
// so the author of a package lists here which packages it may import.
var layers = []layer{
	{folder: "internal"},
	{folder: "internal/lockouttest", ours: []string{"ratelimit/lockout", "errors/httperr", "internal"}}, // a suite for tests of two packages
	{folder: "internal/sessiontest", ours: []string{"authn/session/sessionstore"}},                      // a suite for tests of two packages
	{folder: "internal/apikeytest", ours: []string{"authn", "authn/apikey", "internal"}},                // a suite for tests of two packages
	{folder: "internal/logouttest", ours: []string{"authn/oauth/logoutstore"}},                          // a suite for tests of two packages
	{folder: "internal/tokentest", ours: []string{"authn/oauth/tokenstore"}},                            // a suite for tests of two packages
	{folder: "internal/redisconn", ours: []string{"internal"}, others: []string{"github.com/redis/go-redis/v9"}},
	{folder: "internal/redisscript", ours: []string{"internal"}, others: []string{"github.com/redis/go-redis/v9"}},
	{folder: "internal/lease", ours: []string{"ratelimit"}},                               // used by a store of ratelimit, and by its model
	{folder: "internal/fleet", ours: []string{"ratelimit", "internal", "internal/lease"}}, // a model of many processes
	{folder: "internal/exemptpath", ours: []string{"errors/httperr", "internal"}},         // adds faults to the ConfigFaults of its caller
	{folder: "internal/*", ours: []string{"internal"}},
	{folder: "errors/httperr", ours: []string{"errors/audit", "internal"}, others: []string{"github.com/google/uuid"}},
	{folder: "errors/audit", ours: []string{"internal"}},
	{folder: "errors/watch", ours: []string{"errors/httperr", "errors/audit", "internal"}},
	{folder: "errors/safelog/internal/*", ours: []string{"internal"}},
	{folder: "errors/safelog", ours: []string{"errors/httperr", "errors/safelog/internal", "internal"}},
	{folder: "headers", ours: []string{"errors/httperr", "internal"}, others: []string{"golang.org/x/net/publicsuffix"}}, // sources such as *.github.io,
	{folder: "headers/allowedhosts", ours: []string{"errors/httperr", "internal"}},
	{folder: "headers/clientip", ours: []string{"errors/httperr", "internal"}},
	{folder: "tls/tlsconf", ours: []string{"tls/internal", "errors/httperr", "internal"}},
	{folder: "cors", ours: []string{"errors/httperr", "internal"}, others: []string{"github.com/rs/cors", "golang.org/x/net/idna", "golang.org/x/net/publicsuffix"}},
	{folder: "tls/internal/*"},
	{folder: "tls/tlsreload", ours: []string{"tls/tlsconf", "tls/internal", "errors/httperr", "internal"}},
	{folder: "headers/lifecycle", ours: []string{"errors/httperr", "internal"}},
	{folder: "headers/reports", ours: []string{"errors/httperr", "internal"}},
	{folder: "cors/isolation", ours: []string{"errors/httperr", "internal"}, others: []string{"golang.org/x/net/publicsuffix"}}, // what a site is
	{folder: "validate/internal/plan", ours: []string{"errors/httperr", "internal"}, others: []string{"github.com/go-playground/validator/v10"}},
	{folder: "validate/internal/rule", ours: []string{"validate/internal/plan", "errors/httperr"}, others: []string{"github.com/go-playground/validator/v10"}},
	{folder: "validate/internal/compile", ours: []string{"validate/internal/plan", "validate/internal/rule", "errors/httperr", "internal"}},
	{folder: "validate/internal/scan", ours: []string{"validate/internal/plan", "internal"}},
	{folder: "validate/internal/bind", ours: []string{"validate/internal/plan", "errors/httperr", "internal"}},
	{folder: "validate/internal/lint", ours: []string{"validate/internal/plan", "validate/internal/rule", "errors/httperr"}, others: []string{"github.com/go-playground/validator/v10"}},
	{folder: "validate/internal/check", ours: []string{"validate/internal/plan", "validate/internal/rule", "validate/internal/scan", "errors/httperr"}, others: []string{"github.com/go-playground/validator/v10"}},
	{folder: "validate/internal/openapi", ours: []string{"validate/internal/plan", "validate/internal/rule", "errors/httperr"}, others: []string{"github.com/go-playground/validator/v10"}},
	{folder: "validate/internal/kit", ours: []string{"validate", "internal"}}, // for tests
	{folder: "validate/internal/services"}, // tests only
	{folder: "validate/openapi", ours: []string{"validate/internal", "errors/httperr", "internal"}},
	{folder: "validate", ours: []string{"validate/internal", "errors/httperr", "internal"}},
	{folder: "authn/internal/jwa", ours: []string{"errors/httperr", "internal"}, others: []string{"github.com/golang-jwt/jwt/v5"}},
	{folder: "authn/internal/discovery", ours: []string{"authn/internal", "errors/httperr", "internal"}},
	{folder: "authn/internal/*", ours: []string{"authn/internal", "errors/httperr", "internal"}},
	{folder: "authn", ours: []string{"authn/internal/claim", "errors/httperr", "internal"}},
	{folder: "authn/resource", ours: []string{"authn/internal/claim", "errors/httperr", "internal"}},
	{folder: "authn/jwks", ours: []string{"authn", "authn/internal", "errors/httperr", "internal"}},
	{folder: "authn/jwtauth/internal/*", ours: []string{"authn/internal", "errors/httperr", "internal"}},
	{folder: "authn/jwtauth", ours: []string{"authn", "authn/jwks", "authn/internal", "authn/jwtauth/internal", "errors/httperr", "internal"}},
	{folder: "authn/jwtauth/idp", ours: []string{"authn/jwtauth", "authn/jwks"}},
	{folder: "authn/jwtissuer", ours: []string{"authn", "authn/jwks", "authn/internal", "errors/httperr", "internal"}},
	{folder: "authn/authntest", ours: []string{"authn", "authn/jwks", "authn/jwtauth", "authn/jwtissuer", "authn/internal"}}, // for the tests of users
	{folder: "authn/apikey", ours: []string{"authn", "authn/internal/keyfile", "errors/httperr", "internal"}},
	{folder: "authn/mtls", ours: []string{"authn", "errors/httperr", "internal"}},
	{folder: "authn/session/internal/*", ours: []string{"authn/session/internal"}},
	{folder: "authn/session/sessionstore"},
	{folder: "authn/session", ours: []string{"authn", "authn/internal/source", "authn/session/internal", "authn/session/sessionstore", "errors/httperr", "internal"}},
	{folder: "authn/oauth/internal/*", ours: []string{"authn/internal", "authn/oauth/internal", "errors/httperr"}},
	{folder: "authn/oauth/logoutstore"},
	{folder: "authn/oauth/tokenstore"},
	{folder: "authn/oauth/tokens", ours: []string{"authn", "authn/oauth", "authn/oauth/tokenstore", "authn/oauth/internal", "errors/httperr", "internal"}},
	{folder: "authn/oauth", ours: []string{"authn", "authn/oauth/logoutstore", "authn/jwks", "authn/jwtauth", "authn/jwtissuer", "authn/internal", "authn/oauth/internal", "errors/httperr", "internal"}, others: []string{"golang.org/x/oauth2"}},
	{folder: "authn/redisstore", ours: []string{"authn", "authn/session/sessionstore", "authn/oauth/logoutstore", "authn/oauth/tokenstore", "authn/apikey", "errors/httperr", "internal/redisconn", "internal/redisscript", "internal"}, others: []string{"github.com/redis/go-redis/v9"}},
	{folder: "authz", ours: []string{"authn", "errors/httperr", "internal"}},
	{folder: "authz/ipdeny", ours: []string{"errors/httperr", "internal"}},
	{folder: "authz/object", ours: []string{"authn", "authz", "errors/httperr", "internal"}},
	{folder: "authz/routes", ours: []string{"authn", "authz", "authz/object", "errors/httperr", "internal"}},
	{folder: "authz/authztest", ours: []string{"authn", "authn/authntest", "authz", "authz/routes", "errors/httperr", "internal"}}, // for the tests of users
	{folder: "authz/view", ours: []string{"authn", "authz", "errors/httperr", "internal"}},
	{folder: "ratelimit", ours: []string{"errors/httperr", "internal"}},
	{folder: "ratelimit/concurrency", ours: []string{"ratelimit", "errors/httperr", "internal"}},
	{folder: "ratelimit/lockout", ours: []string{"ratelimit", "errors/httperr", "internal"}},
	{folder: "ratelimit/redisstore", ours: []string{"ratelimit", "ratelimit/lockout", "errors/httperr", "internal/lease", "internal/redisconn", "internal/redisscript", "internal"}, others: []string{"github.com/redis/go-redis/v9"}},
	{folder: "examples/*", ours: []string{"*"}, others: []string{"*"}},
}

type pkg struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Deps       []string
	Module     *struct{ Path string }
}

func listPackages(t *testing.T, args ...string) []pkg {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Deps,Module"}, args...)...).Output()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		t.Fatalf("go list: %s", e.Stderr)
	} else if err != nil {
		t.Fatal(err)
	}
	var all []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// findViolations returns the imports of p that its layer does not allow.
func findViolations(p pkg) (found []string) {
	folder, _ := strings.CutPrefix(p.ImportPath, module+"/")
	i := slices.IndexFunc(layers, func(l layer) bool {
		above, all := strings.CutSuffix(l.folder, "/*")
		return l.folder == folder || all && strings.HasPrefix(folder, above+"/")
	})
	if i < 0 {
		return []string{folder + " is in no layer"}
	}
	l := layers[i]
	for _, imp := range p.Imports {
		own, isOwn := strings.CutPrefix(imp, module+"/")
		first, _, _ := strings.Cut(imp, "/")
		switch {
		case isOwn && !slices.Contains(l.ours, own) && !slices.Contains(l.ours, internalRoot(own)) && !slices.Contains(l.ours, "*"):
			found = append(found, folder+" imports "+own)
		case !isOwn && strings.Contains(first, ".") && !slices.Contains(l.others, imp) && !slices.Contains(l.others, "*"):
			found = append(found, folder+" imports "+imp)
		}
	}
	return found
}

// internalRoot returns the folder that stands for all packages below an internal
// folder. A package with a row of its own stands for itself.
func internalRoot(folder string) string {
	switch folder {
	case "internal/lease", "internal/redisconn", "internal/redisscript", "internal/lockouttest", "internal/apikeytest", "internal/sessiontest", "internal/logouttest", "internal/tokentest":
		return folder
	}
	if i := strings.Index(folder+"/", "internal/"); i == 0 || i > 0 && folder[i-1] == '/' {
		return folder[:i] + "internal"
	}
	return folder
}

func TestImportsPointDownOnly(t *testing.T) {
	packages := listPackages(t, module+"/...")
	if len(packages) < 5 {
		t.Fatalf("only %d packages seen", len(packages))
	}
	for _, p := range packages {
		for _, v := range findViolations(p) {
			t.Error(v)
		}
	}
}

// The check detects forbidden imports.
func TestViolationsAreDetected(t *testing.T) {
	for imp, from := range map[string]string{
		module + "/authn":                       "headers",
		module + "/ratelimit":                   "authn",
		module + "/errors/httperr":              "internal/carrier",
		"github.com/redis/go-redis/v9":          "ratelimit",
		"github.com/golang-jwt/jwt/v5":          "authn",
		module + "/headers":                     "headers/clientip",
		"github.com/google/uuid":                "internal/mwtest",
		"net/http":                              "no/such/folder",
		"github.com/go-playground/validator":    "validate",
		module + "/authn/jwtauth":               "authz",
		module + "/authz":                       "authz/ipdeny",
		"github.com/rs/cors/wrapper/gin":        "cors",
		module + "/authn/internal/strictjson":   "authn/apikey",
		module + "/authn/apikey":                "authn/internal/strictjson",
		module + "/validate/internal/plan":      "errors/safelog",
		module + "/validate/internal/scan":      "validate/internal/compile",
		module + "/validate/internal/check":     "validate/internal/bind",
		module + "/validate":                    "validate/internal/plan",
		module + "/authn/jwks":                  "authn/internal/claim",
		module + "/authn/internal/jwa":          "authn",
		module + "/authn/resource":              "authn",
		module + "/authn/mtls":                  "authn/jwtauth",
		module + "/authn/jwtissuer":             "authn/jwtauth",
		module + "/authn/authntest":             "authn/apikey",
		module + "/authn/oauth":                 "authn/internal/discovery",
		module + "/authn/session/sessionstore":  "authn/oauth",
		module + "/authn/oauth/internal/flow":   "authn/session",
		"golang.org/x/oauth2":                   "internal/oauthtest",
		"golang.org/x/oauth2/clientcredentials": "authn",
		module + "/internal/redisscript":        "ratelimit",
		module + "/internal/redisconn":          "ratelimit",
		module + "/internal/lockouttest":        "internal/breaker",
		module + "/internal/sessiontest":        "authn/session",
		module + "/internal/logouttest":         "authn/oauth",
		module + "/internal/tokentest":          "authn/oauth",
		module + "/authn/oauth/tokens":          "authn/oauth",
		module + "/authn/oauth/tokenstore":      "authn/oauth/logoutstore",
		module + "/authn/internal/claim":        "authn/session",
		module + "/authn/session":               "authn/session/sessionstore",
		module + "/internal/apikeytest":         "authn/apikey",
		module + "/validate/internal/kit":       "authz/view",
		module + "/authz/view":                  "authz",
		module + "/authz/routes":                "authz/object",
		module + "/ratelimit/concurrency":       "authz/routes",
		module + "/authn/jwtauth/idp":           "authz/authztest",
		module + "/authz/authztest":             "authz/routes",
		module + "/authz/object":                "authz",
		module + "/ratelimit/lockout":           "authz/object",
		module + "/errors/watch":                "validate/openapi",
		module + "/tls/tlsreload":               "tls/tlsconf",
		module + "/tls/tlsconf":                 "tls/internal/pemfile",
	} {
		if len(findViolations(pkg{ImportPath: module + "/" + from, Imports: []string{"fmt", imp}})) == 0 {
			t.Errorf("%s may import %s", from, imp)
		}
	}
	for _, imp := range []string{"/ratelimit", "/authn/session", "/errors/httperr"} {
		if len(findViolations(pkg{ImportPath: module + "/internal/breaker", Imports: []string{module + imp}})) == 0 {
			t.Errorf("internal/breaker may import %s", imp)
		}
	}
	if v := findViolations(pkg{ImportPath: module + "/authn/internal/jwa", Imports: []string{"fmt", module + "/errors/httperr", module + "/internal/field", "github.com/golang-jwt/jwt/v5"}}); len(v) > 0 {
		t.Errorf("an allowed import is refused: %v", v)
	}
}

// A program that imports one leaf gets the modules of that leaf into its build, and no
// other module of the library.
func TestLeavesStayLight(t *testing.T) {
	const uuid = "github.com/google/uuid"
	for folder, want := range map[string][]string{
		"errors/httperr":        {module, uuid},
		"headers":               {module, uuid, "golang.org/x/net"},
		"headers/allowedhosts":  {module, uuid},
		"headers/clientip":      {module, uuid},
		"headers/lifecycle":     {module, uuid},
		"headers/reports":       {module, uuid},
		"tls/tlsconf":           {module, uuid},
		"tls/tlsreload":         {module, uuid},
		"authn":                 {module, uuid},
		"authn/apikey":          {module, uuid},
		"authn/resource":        {module, uuid},
		"authn/mtls":            {module, uuid},
		"authn/authntest":       {module, uuid, "github.com/golang-jwt/jwt/v5"},
		"authn/session":         {module, uuid},
		"authz":                 {module, uuid},
		"authz/ipdeny":          {module, uuid},
		"authz/routes":          {module, uuid},
		"authz/authztest":       {module, uuid, "github.com/golang-jwt/jwt/v5"},
		"authz/object":          {module, uuid},
		"ratelimit":             {module, uuid},
		"ratelimit/lockout":     {module, uuid},
		"ratelimit/concurrency": {module, uuid},
		"errors/audit":          {module},
		"errors/watch":          {module, uuid},
		"errors/safelog":        {module, uuid},
		"authn/jwks":            {module, uuid, "github.com/golang-jwt/jwt/v5"},
		"authn/jwtauth":         {module, uuid, "github.com/golang-jwt/jwt/v5"},
		"authn/jwtissuer":       {module, uuid, "github.com/golang-jwt/jwt/v5"},
		"cors":                  {module, uuid, "github.com/rs/cors", "golang.org/x/net", "golang.org/x/text"},
		"authn/oauth":           {module, uuid, "github.com/golang-jwt/jwt/v5", "golang.org/x/oauth2"},
		"cors/isolation":        {module, uuid, "golang.org/x/net"},
		"authn/oauth/tokens":    {module, uuid, "github.com/golang-jwt/jwt/v5", "golang.org/x/oauth2"},
	} {
		var got []string
		for _, p := range listPackages(t, "-deps", module+"/"+folder) {
			if p.Module != nil && !slices.Contains(got, p.Module.Path) {
				got = append(got, p.Module.Path)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s pulls in %v, want %v", folder, got, want)
		}
	}
}
