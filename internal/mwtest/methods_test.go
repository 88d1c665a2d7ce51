package mwtest

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

func TestMissingMethods(t *testing.T) {
	if got := missingMethods(new(bytes.Buffer), new(bytes.Buffer)); got != nil {
		t.Errorf("%q are missing in the type itself", got)
	}
	got := missingMethods(new(strings.Builder), new(bytes.Buffer))
	if !slices.Contains(got, "ReadFrom") || slices.Contains(got, "WriteString") {
		t.Errorf("missing: %q", got)
	}
}
