package view_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/go-sallyport/sallyport/authz/view"
)

type failures []string

func (*failures) Helper() {}
func (f *failures) Errorf(format string, args ...any) {
	*f = append(*f, fmt.Sprintf(format, args...))
}

func TestAssertHidden(t *testing.T) {
	view.AssertHidden[user](t, "Password", "trace", "owner")
	for name, want := range map[string][]string{
		"Street":  {"view: view_test.user.Home.Street is in a view"},
		"ip":      {"view: view_test.user.Comments.IP is in a view"},
		"ID":      {"view: view_test.user.base.ID is in a view"},
		"office":  {"view: view_test.user.Labels[office] is in a view", `view: view_test.user has no field "office"`},
		"Pasword": {`view: view_test.user has no field "Pasword"`},
	} {
		var got failures
		view.AssertHidden[user](&got, name)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	var got failures
	if view.AssertHidden[user](&got); len(got) != 1 {
		t.Errorf("no secrets: %q", got)
	}
	type inner struct {
		Secret string `json:"secret" view:"public"`
	}
	type outer struct {
		In inner `json:"in"`
	}
	view.AssertHidden[outer](t, "Secret") // the field around it is in no view
}
