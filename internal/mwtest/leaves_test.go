package mwtest

import (
	"errors"
	"fmt"
	"testing"
)

func TestLeaves(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	err := errors.Join(a, fmt.Errorf("two: %w, %w", b, c))
	if got := Leaves(err); len(got) != 3 {
		t.Errorf("leaves = %v", got)
	}
	if Leaves(nil) != nil {
		t.Error("nil has leaves")
	}
}
