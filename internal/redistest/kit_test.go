package redistest

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// A recorder is a test that may fail without failing the test around it.
type recorder struct {
	testing.TB
	reports []string
}

func (r *recorder) Errorf(format string, args ...any) {
	r.reports = append(r.reports, fmt.Sprintf(format, args...))
}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	runtime.Goexit()
}

// failureReport runs f as a test, with the cleanups of t, and returns its failure
// messages.
func failureReport(t *testing.T, f func(testing.TB)) string {
	t.Helper()
	r := &recorder{TB: t}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		f(r)
	}()
	<-ended
	return strings.Join(r.reports, "\n")
}

// wantFailure checks that f fails its test with a message that contains all of parts.
func wantFailure(t *testing.T, f func(testing.TB), parts ...string) {
	t.Helper()
	report := failureReport(t, f)
	if report == "" {
		t.Errorf("no failure was reported; want %q", parts)
		return
	}
	wantParts(t, report, parts...)
}

func wantParts(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not contain %q", text, part)
		}
	}
}

// mustDo returns the reply of s to a command, and fails the test if that is an error.
func mustDo(t *testing.T, s *Server, args ...any) any {
	t.Helper()
	v, err := s.Do(args...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	return v
}
