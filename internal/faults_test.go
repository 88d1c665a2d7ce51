package internal_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	update = flag.Bool("update", false, "write the actual texts into the golden files of testdata")
	faults = flag.Bool("faults", false, "record the faults of all packages, which runs their tests again")
)

// recorder is the code that the overlay adds to package httperr. It appends each fault that a
// test causes to a file, with the line of the call of Add.
const recorder = `package httperr

import (
	"encoding/json"
	"os"
	"runtime"
)

func recordFault(fault ...string) {
	_, file, line, _ := runtime.Caller(2)
	test, calls := "", make([]uintptr, 100)
	for frames, more := runtime.CallersFrames(calls[:runtime.Callers(2, calls)]), true; more; {
		var frame runtime.Frame
		if frame, more = frames.Next(); frame.Function == "testing.tRunner" {
			break
		}
		test = frame.Function
	}
	text, _ := json.Marshal(map[string]any{"Fault": fault, "File": file, "Line": line, "Test": test})
	out, err := os.OpenFile(os.Getenv("SALLYPORT_FAULTS"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	_, _ = out.Write(append(text, '\n'))
	_ = out.Close()
}
`

// faultTests has the names of tests that together cause every fault of the golden file. Without
// it every test of the packages runs, and -update writes it again.
const faultTests = "testdata/faults.tests"

func listedTests(t *testing.T) string {
	t.Helper()
	names, err := os.ReadFile(faultTests)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(names)
}

// A recordedFault is a fault that a test of a package caused.
type recordedFault struct {
	Fault []string // package, field, reason, fix
	File  string
	Line  int
	Test  string // its function, as runtime.Frame names it
}

var testFunction = regexp.MustCompile(`\.(Test\w+)(\.|$)`)

// recordFaults runs the tests of all packages that have a Config, with a package httperr that
// records every fault. The regular expression run selects the tests.
func recordFaults(t *testing.T, run string) (faults []recordedFault) {
	t.Helper()
	dir := t.TempDir()
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(root, "errors/httperr/config.go")
	source, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "func (f *ConfigFaults) Add(field string, value any, reason, fix string) {\n"
	if strings.Count(string(source), begin) != 1 {
		t.Fatal("ConfigFaults.Add is not declared as this test expects")
	}
	changed := strings.Replace(string(source), begin, begin+"\trecordFault(f.Package, field, reason, fix)\n", 1)
	overlay, _ := json.Marshal(map[string]any{"Replace": map[string]string{
		config: filepath.Join(dir, "config.go"),
		filepath.Join(root, "errors/httperr/recorder.go"): filepath.Join(dir, "recorder.go"),
	}})
	for name, text := range map[string]string{"config.go": changed, "recorder.go": recorder, "overlay.json": string(overlay)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "go", "test", "-short", "-count=1", "-overlay", filepath.Join(dir, "overlay.json"), "-run", run,
		"./authn/...", "./authz/...", "./cors/...", "./errors/...", "./headers/...", "./ratelimit/...", "./tls/...", "./validate/...")
	cmd.Dir, cmd.Env = root, append(os.Environ(), "SALLYPORT_FAULTS="+filepath.Join(dir, "faults"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("the tests of the packages: %v\n%s", err, out) // a fault that they do not cause is found below
	}
	lines, err := os.ReadFile(filepath.Join(dir, "faults"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(lines)) {
		var f recordedFault
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		if name, ok := strings.CutPrefix(f.File, root+"/"); ok && !strings.HasSuffix(name, "_test.go") {
			f.File = name
			faults = append(faults, f)
		}
	}
	return faults
}

// TestConfigFaults compares the text of every fault that the packages find in a Config with
// the golden file, demands a fix of each, and fails for a fault that no test causes.
func TestConfigFaults(t *testing.T) {
	if !*faults && !*update {
		t.Skip("it runs the tests of all packages again: run make messages")
	}
	run, names := "^Test", strings.Fields(listedTests(t))
	if len(names) > 0 {
		run = "^(" + strings.Join(names, "|") + ")$"
	}
	recorded := recordFaults(t, run)
	if len(names) == 0 && *update {
		text := strings.Join(fewestTests(recorded), "\n") + "\n"
		if err := os.WriteFile(faultTests, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	texts := map[string]bool{}
	for _, f := range recorded {
		seen[fmt.Sprint(f.File, ":", f.Line)] = true
		texts[goldenFault(f)] = true
		if why := badFix(f.Fault[3]); why != "" {
			t.Errorf("%s:%d: the fix of %q %s", f.File, f.Line, f.Fault, why)
		}
	}
	for _, call := range faultCalls(t) {
		if call.fault != nil {
			texts[goldenFault(recordedFault{Fault: call.fault, File: call.file})] = true
			if why := badFix(call.fault[3]); why != "" {
				t.Errorf("%s:%d: the fix of %q %s", call.file, call.first, call.fault, why)
			}
			continue
		}
		caused := false
		for line := call.first; line <= call.last; line++ {
			caused = caused || seen[fmt.Sprint(call.file, ":", line)]
		}
		if !caused {
			t.Errorf("%s:%d: no test of %s causes this fault", call.file, call.first, faultTests)
		}
	}
	compareGolden(t, "faults.txt", faultsHeader, slices.Sorted(maps.Keys(texts)))
}

// fewestTests returns the names of few tests that together cause all recorded faults, sorted.
// It takes the test that causes most of the remaining faults, again and again.
func fewestTests(recorded []recordedFault) (names []string) {
	causes := map[string]map[string]bool{}
	for _, f := range recorded {
		if test := testFunction.FindStringSubmatch(f.Test); test != nil && !random.MatchString(test[1]) {
			if causes[test[1]] == nil {
				causes[test[1]] = map[string]bool{}
			}
			causes[test[1]][fmt.Sprint(f.File, ":", f.Line, ": ", goldenFault(f))] = true
		}
	}
	for {
		best := ""
		for _, name := range slices.Sorted(maps.Keys(causes)) {
			if best == "" || len(causes[name]) > len(causes[best]) {
				best = name
			}
		}
		if best == "" || len(causes[best]) == 0 {
			slices.Sort(names)
			return names
		}
		names = append(names, best)
		caused := maps.Clone(causes[best])
		for _, faults := range causes {
			maps.DeleteFunc(faults, func(fault string, _ bool) bool { return caused[fault] })
		}
	}
}

const faultsHeader = `# Every fault that a package finds in its Config: package: field: reason; fix. The refused
# values are left out. go test ./internal -run TestConfigFaults -update writes this file. The tests
# that cause the faults are in faults.tests; without that file -update runs all tests to find them.
`

// varying matches the parts of a text that depend on the test that caused the fault.
var varying = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`\[[^\]]*\]`), "[n]"},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+(Z|[+-]\d\d:\d\d)`), "TIME"},
	{regexp.MustCompile(`/tmp/[^ ;:"]+`), "FILE"},
	{regexp.MustCompile(`\b\d+ per \S+`), "N per WINDOW"},
	{regexp.MustCompile(`\b\d+ (bytes|bits|keys|instructions)`), "N $1"},
	{regexp.MustCompile(`at byte \d+`), "at byte N"},
	{regexp.MustCompile(`(cannot be run): [^;]*;`), "$1: REASON;"},
	{regexp.MustCompile(`contents of \S+ and \S+;`), "contents of TYPE and TYPE;"},
	{regexp.MustCompile(`-----BEGIN [^;]*;`), "TEXT;"},
}

// fieldOfConfig matches the fields of the packages whose other faults are about a type of the
// program and its tags.
var fieldOfConfig = regexp.MustCompile(`^(Defaults\.)?(Patterns|Rules|MediaTypes|Owners|Views|Ignore\w+|OtherQuery|Max\w+|Status|ReadTimeout|Issuer|Components)\b`)

// goldenFault returns the line of a fault in the golden file.
func goldenFault(f recordedFault) string {
	pkg, field, text := f.Fault[0], f.Fault[1], f.Fault[2]+"; "+f.Fault[3]
	if pkg == "" {
		pkg, _, _ = strings.Cut(filepath.Dir(f.File), "/internal")
	}
	if (pkg == "validate" || pkg == "authz/view") && !fieldOfConfig.MatchString(field) {
		field = "TYPE"
	}
	text = pkg + ": " + field + ": " + text
	for _, v := range varying {
		text = v.pattern.ReplaceAllString(text, v.instead)
	}
	return strings.NewReplacer("\n", `\n`, "\t", `\t`).Replace(strings.ToValidUTF8(text, "\uFFFD"))
}

// random matches the names of tests whose faults are not the same in each run.
var random = regexp.MustCompile(`Random|Fuzz|BoundHolds|CostsHoldTheBound|KeepsThePolicy|IsExact|SmallQuotas`)

// instructions are the first words of the fixes.
var instructions = strings.Fields(`write use leave set give remove name list publish tag replace put keep add pass make correct
	check change rename return report embed declare take to move let raise have choose begin start serve see say renew look join
	do decode wait, sign shorten run rotate merge mend lower issue generate export end encode drop delete decide convert call
	attack index show`)

// badFix returns what is wrong with a fix, or "". A fix is an instruction: more than one word,
// in lower case like the rest of the line, without a full stop.
func badFix(fix string) string {
	switch words := strings.Fields(fix); {
	case len(words) < 2:
		return "is not an instruction"
	case strings.HasSuffix(fix, "."):
		return "ends with a full stop"
	case !slices.Contains(instructions, words[0]):
		return "does not begin with the word of an instruction"
	}
	return ""
}

// TestFixesAreChecked gives badFix a good fix and one of each bad form.
func TestFixesAreChecked(t *testing.T) {
	for fix, want := range map[string]bool{
		"list each one": true, "set one of them, or leave both out": true,
		"": false, "fix": false, "Write it.": false, "write it.": false, "is not valid": false, "must be positive": false,
	} {
		if good := badFix(fix) == ""; good != want {
			t.Errorf("%q: %v", fix, badFix(fix))
		}
	}
}

// A faultCall is one place in a package that reports a fault.
type faultCall struct {
	file        string
	first, last int
	fault       []string // of a literal ConfigError
}

// faultCalls finds every call of Add with four arguments, and every literal of a ConfigError.
func faultCalls(t *testing.T) (calls []faultCall) {
	t.Helper()
	for _, p := range listPackages(t, module+"/...") {
		folder, _ := strings.CutPrefix(p.ImportPath, module+"/")
		if strings.HasPrefix(folder, "examples/") || strings.HasPrefix(folder, "internal") || folder == "" {
			continue
		}
		names, err := filepath.Glob(filepath.Join("..", folder, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if !strings.HasSuffix(name, "_test.go") && name != "../errors/httperr/config.go" {
				calls = append(calls, faultCallsOf(t, name)...)
			}
		}
	}
	return calls
}

func faultCallsOf(t *testing.T, name string) (calls []faultCall) {
	t.Helper()
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		call := faultCall{file: strings.TrimPrefix(name, "../")}
		switch n := n.(type) {
		case *ast.CallExpr:
			if f, ok := n.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Add" || len(n.Args) != 4 {
				return true
			}
		case *ast.CompositeLit:
			if typ := fmt.Sprint(n.Type); typ != "ConfigError" && typ != "&{httperr ConfigError}" || len(n.Elts) == 0 {
				return true
			}
			call.fault = literalFault(n)
		default:
			return true
		}
		call.first, call.last = set.Position(n.Pos()).Line, set.Position(n.End()).Line
		calls = append(calls, call)
		return true
	})
	return calls
}

// literalFault returns the texts of a ConfigError that is written as a literal. A text that is
// no literal is empty.
func literalFault(n *ast.CompositeLit) []string {
	fault := make([]string, 4)
	for _, e := range n.Elts {
		kv, _ := e.(*ast.KeyValueExpr)
		i := slices.Index([]string{"Package", "Field", "Reason", "Fix"}, fmt.Sprint(kv.Key))
		if lit, ok := kv.Value.(*ast.BasicLit); ok && i >= 0 {
			fault[i], _ = strconv.Unquote(lit.Value)
		}
	}
	return fault
}

// compareGolden compares lines with a file of testdata, or writes them there with -update.
func compareGolden(t *testing.T, name, header string, lines []string) {
	t.Helper()
	want := header + strings.Join(lines, "\n") + "\n"
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	golden, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want == string(golden) {
		return
	}
	old := strings.Split(string(golden), "\n")
	for _, line := range strings.Split(want, "\n") {
		if !slices.Contains(old, line) {
			t.Errorf("%s lacks: %s", name, line)
		}
	}
	for _, line := range old {
		if !strings.Contains(want, line+"\n") {
			t.Errorf("%s has a line too much: %s", name, line)
		}
	}
	t.Errorf("internal/testdata/%s is outdated; read the changes and run go test ./internal -run %s -update", name, t.Name())
}
