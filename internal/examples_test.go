package internal_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// mainUses lists the Examples that each public package must have: one for each main use. The empty
// name is the Example of the whole package.
var mainUses = map[string][]string{
	"authn":                      {"", "Authenticator", "Config_optional", "_incorrect"},
	"authn/apikey":               {"", "Due", "LastUse", "Config_legacy", "_incorrect"},
	"authn/authntest":            {"As", "NewIssuer"},
	"authn/jwks":                 {"Remote", "NewRemote", "Discover", "File", "Static", "InsecureSharedSecrets"},
	"authn/jwtauth":              {"", "Config_issuers", "Config_sources", "Config_confirm", "Legacy", "NewTyped", "NewIDToken", "Verifier_Explain", "_incorrect"},
	"authn/jwtauth/idp":          {""}, // and one for each function
	"authn/jwtissuer":            {"New", "Issuer_Issue", "Issuer_Rotate", "Issuer_JWKS", "KeyFile", "AssertionSigner"},
	"authn/mtls":                 {"", "Authenticator_Require", "Authenticator_Confirm", "Config_proxy"},
	"authn/oauth":                {"", "Client_Start", "Client_ServeStart", "Client_ServeBackChannelLogout", "Config_userInfo"},
	"authn/oauth/logoutstore":    {"Memory"},
	"authn/oauth/tokens":         {""},
	"authn/oauth/tokenstore":     {"Memory"},
	"authn/redisstore":           {"", "Store_Sessions"},
	"authn/resource":             {""},
	"authn/session":              {"", "Manager_Rotate", "NewCookie", "Sessions_RevokeSubject", "_incorrect"},
	"authn/session/sessionstore": {"Memory"},
	"authz":                      {"", "Any", "Fresh", "ACR", "IPAllow", "Decide", "_incorrect"},
	"authz/authztest":            {"Attack"},
	"authz/ipdeny":               {""},
	"authz/object":               {"", "ChildOf", "FilterOf", "Own", "_incorrect"},
	"authz/routes":               {"", "Mux_Build", "Mux_Routes"},
	"authz/view":                 {"", "View_Handler", "Input_Handler", "AssertHidden"},
	"cors":                       {"", "New", "_incorrect"},
	"errors/audit":               {"Sink", "Func", "Async", "Log"},
	"errors/httperr": {
		"New", "HandlerFunc", "Write", "Error", "Config_classify", "Encoder", "ProblemJSON", "Seal", "WrapMux", "Propagate", "NoteRoute", "TrustPeers", "_incorrect",
	},
	"errors/safelog":        {"", "Secret", "Config_plainKeys"},
	"errors/watch":          {""},
	"headers":               {"", "New_faults", "Middleware_FromUpstream", "ClearSiteData_Set"},
	"headers/allowedhosts":  {""},
	"headers/lifecycle":     {""},
	"headers/reports":       {""},
	"cors/isolation":        {"", "_cors"},
	"tls/tlsreload":         {""},
	"headers/clientip":      {"", "Direct", "_incorrect"},
	"ratelimit":             {"", "First", "Config_cost", "Config_refundIf", "_general", "_login", "_reset", "_principal", "_plans", "_contracts", "_incorrect"},
	"ratelimit/concurrency": {""},
	"ratelimit/lockout":     {""},
	"ratelimit/redisstore":  {"New", "Store_Lockout"},
	"tls/tlsconf":           {"", "Redirect", "Serve", "Config_clientCertificates", "_incorrect"},
	"validate": {
		"", "Handler", "Handle", "Middleware", "Fault", "FaultIn", "Config_rules", "Config_messages", "Optional", "File", "_sources", "_comingFromValidator",
		"_incorrect",
	},
	"validate/openapi": {"Document", "Document_faults"},
}

// Every main use of a package has an Example that go test runs, so that the page of the package
// shows it and it stays right. An Example that needs a Redis is only compiled.
func TestExamples(t *testing.T) {
	wanted := maps.Clone(mainUses)
	wanted["authn/jwtauth/idp"] = append(exportedNamesOf(t, "../authn/jwtauth/idp"), wanted["authn/jwtauth/idp"]...)
	for folder := range exportedNames {
		if len(wanted[folder]) == 0 {
			t.Errorf("%s has no row of main uses", folder)
		}
	}
	for folder, uses := range wanted {
		found := examplesOf(t, filepath.Join("..", folder), strings.HasSuffix(folder, "/redisstore"))
		for _, use := range uses {
			if !slices.Contains(found, use) {
				t.Errorf("%s has no Example%s with an output", folder, use)
			}
		}
	}
}

// examplesOf returns the names of the Examples in a folder that have an output, and so are run. With
// compiled it returns all of them.
func examplesOf(t *testing.T, folder string, compiled bool) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	for _, e := range doc.Examples(files...) {
		if compiled || e.Output != "" || e.EmptyOutput {
			names = append(names, e.Name)
		}
	}
	return names
}

// TestExamplesWithoutOutput checks that an Example that is only compiled does not count.
func TestExamplesWithoutOutput(t *testing.T) {
	folder := t.TempDir()
	const source = "package p_test\n\nfunc ExampleRun() {\n\tprint()\n\t// Output:\n}\n\nfunc ExampleCompiled() {\n}\n"
	if err := os.WriteFile(filepath.Join(folder, "p_test.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(examplesOf(t, folder, false), " "); got != "Run" {
		t.Errorf("found %q", got)
	}
}

// Every example is named in the README of the library, and has a command that runs it: in its own
// package comment or README, or in that of the library. Chi and stdlib are blocks of the README.
func TestExampleCommands(t *testing.T) {
	folders, err := os.ReadDir("../examples")
	if err != nil {
		t.Fatal(err)
	}
	readme := readFile(t, "../README.md")
	for _, folder := range folders {
		name := "examples/" + folder.Name()
		if !strings.Contains(readme, name) {
			t.Errorf("the README does not name %s", name)
		}
		texts := readme
		for _, pattern := range []string{"*.go", "README.md"} {
			files, err := filepath.Glob(filepath.Join("..", name, pattern))
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range files {
				texts += readFile(t, file)
			}
		}
		if folder.IsDir() && !hasCommand(texts, folder.Name()) && !strings.Contains(readme, "<!-- "+name+"/") {
			t.Errorf("%s has no command that runs it", name)
		}
	}
}

// Two examples can run at the same time: no two of them listen on the same port. The ports of Redis
// are those of its server.
func TestExamplePorts(t *testing.T) {
	sources := map[string]string{}
	err := filepath.WalkDir("../examples", func(file string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
			sources[filepath.Dir(file)] += readFile(t, file)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if shared := sharedPorts(sources); len(shared) > 0 {
		t.Error(shared)
	}
	broken := map[string]string{"a": `"127.0.0.1:8080"`, "b": `"127.0.0.1:8080"`, "c": `"127.0.0.1:8081"`}
	if shared := sharedPorts(broken); len(shared) != 1 || len(sources) < 12 {
		t.Errorf("%q, %d folders", shared, len(sources))
	}
}

// sharedPorts returns each port of this machine that the sources of two folders name.
func sharedPorts(sources map[string]string) (shared []string) {
	folders := map[string]string{}
	for _, folder := range slices.Sorted(maps.Keys(sources)) {
		for _, m := range regexp.MustCompile(`127\.0\.0\.1:([89]\d{3})\b`).FindAllStringSubmatch(sources[folder], -1) {
			if other, used := folders[m[1]]; used && other != folder {
				shared = append(shared, m[1]+": "+other+" and "+folder)
			}
			folders[m[1]] = folder
		}
	}
	return shared
}

// hasCommand reports whether text has a command that runs an example.
func hasCommand(text, name string) bool {
	name = regexp.QuoteMeta(name)
	return regexp.MustCompile(`go (run|test) \./examples/` + name + `\b|go -C examples/` + name + ` (run|test) |make ` + name + `\b`).MatchString(text)
}

// TestCommandsAreFound gives hasCommand a command of each form, and texts without one.
func TestCommandsAreFound(t *testing.T) {
	for text, want := range map[string]bool{
		"go run ./examples/login": true, "go -C examples/login run .": true, "go -C examples/login test ./...": true, "make login": true,
		"examples/login": false, "go run ./examples/logins": false, "go -C examples/other run .": false, "": false,
	} {
		if hasCommand(text, "login") != want {
			t.Errorf("%q: %v", text, !want)
		}
	}
}
