package view_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/authz"
	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/internal/mwtest"
)

type selfText struct{ V string }

func (selfText) MarshalText() ([]byte, error) { return []byte("x"), nil }

type embeddable struct {
	ID string `json:"id" view:"public"`
}

type noTags struct{ V string }

type sameAgain struct {
	Other string `json:"same" view:"public"`
}

type inList struct {
	Email string `json:"email" view:"self"`
}

//nolint:staticcheck // faulty tags are the subject of the test
type faulty struct {
	embeddable `view:"public"`
	sameAgain
	selfText
	Unknown string          `json:"unknown" view:"admim"`
	Twice   string          `json:"twice" view:"public,public"`
	Empty   string          `json:"empty" view:""`
	Skipped string          `json:"-" view:"public"`
	hidden  string          `view:"public"` //nolint:unused // skipped by encoding/json
	Map     map[string]int  `json:"map" view:"public"`
	Raw     json.RawMessage `json:"raw" view:"public"`
	Any     any             `json:"any" view:"public"`
	Foreign noTags          `json:"foreign" view:"public"`
	Inline  noTags          `json:",inline" view:"public"`
	BadName string          `json:"a'b" view:"public"`
	Same    string          `json:"same" view:"public"`
	Keys    string          `json:"keys" view:"public,keys=a"`
	NoView  map[string]int  `json:"noview" view:"keys=a"`
	BadKeys map[string]int  `json:"badkeys" view:"public,keys=a||a"`
	List    []inList        `json:"list" view:"public"`
}

func TestAllFaultsAtOnce(t *testing.T) {
	_, err := view.New[faulty](view.Config{
		Views:   map[string]authz.Requirement{"admin": authz.AnyRole(), "self": authz.Scopes("a"), "Bad": authz.Scopes("a")},
		Owners:  []view.Owner{{}, commentOwner, commentOwner, view.OwnerOf(func(*int) (string, string) { return "", "" })},
		MaxBody: -1,
	})
	var want []string
	for _, field := range []string{
		"Views[Bad]: is not the name", "Views[Bad]: is in no view tag", "Views[admin].Require.AnyRole: is empty", "Views[admin]: is in no view tag",
		"Views[self]: has a requirement", "Owners: has an empty", `Owners: "view_test.comment": has two`, `Owners: "int": is not a struct`,
		`MaxBody: "-1"`, "view_test.faulty.embeddable:", "view_test.faulty.selfText:", "view_test.faulty.Unknown:", "view_test.faulty.Twice:",
		"view_test.faulty.Empty:", "view_test.faulty.Skipped:", "view_test.faulty.hidden:", "view_test.faulty.Map:", "view_test.faulty.Raw:",
		"view_test.faulty.Any:", "view_test.faulty.Foreign:", "view_test.faulty.Inline:", "view_test.faulty.BadName:", "view_test.faulty.Same:",
		"view_test.faulty.Keys:", "view_test.faulty.NoView: \"keys=a\": has keys and no view", `view_test.faulty.BadKeys: "": is not a key`,
		`view_test.faulty.BadKeys: "a": is not a key`, "view_test.faulty.List.Email:",
	} {
		want = append(want, "authz/view: "+field)
	}
	mwtest.Faults(t, err, want...)
}

// A type without members cannot be filtered, and a plain value has none to hide.
func TestRootTypes(t *testing.T) {
	_, err := view.New[noTags](view.Config{})
	mwtest.Faults(t, err, "authz/view: view_test.noTags:")
	_, err = view.New[map[string]any](view.Config{})
	if err == nil || !strings.Contains(err.Error(), "keys") {
		t.Errorf("a map: %v", err)
	}
	if got, err := build[[]*embeddable](t, view.Config{}).Marshal(as("GET", "", false), &[]*embeddable{nil, {"a"}}); err != nil || string(got) != `[null,{"id":"a"}]` {
		t.Errorf("%s, %v", got, err)
	}
}

// A recursive type has one plan, and its owner is asked at each level.
func TestRecursiveType(t *testing.T) {
	v := build[thread](t, view.Config{Issuer: issuer, Owners: []view.Owner{view.OwnerOf(func(x *thread) (string, string) { return "", x.Owner })}})
	value := &thread{Owner: "bob", Draft: "B", Answers: []*thread{nil, {Owner: "ann", Draft: "A", Answers: []*thread{{Owner: "bob", Draft: "B"}}}}}
	got, err := v.Marshal(as("GET", "ann", true), value)
	if want := `{"answers":[null,{"draft":"A","answers":[{"answers":null}]}]}`; err != nil || string(got) != want {
		t.Errorf("%s, want %s, %v", got, want, err)
	}
}

type thread struct {
	Owner   string    `json:"owner"`
	Draft   string    `json:"draft" view:"self"`
	Answers []*thread `json:"answers" view:"public"`
}

type (
	ringA struct{ *ringB } //nolint:unused // embedded in a ring
	ringB struct{ *ringA }
)

func (ringA) MarshalText() ([]byte, error) { return nil, nil }

// New ends also for structs that embed each other.
func TestEmbeddedRing(t *testing.T) {
	type ring struct {
		ringB
		ID string `json:"id" view:"public"`
	}
	if _, err := view.New[ring](view.Config{}); err == nil {
		t.Error("accepted")
	}
	if _, err := view.New[ringA](view.Config{}); err != nil && !strings.Contains(err.Error(), "ringA") {
		t.Error(err)
	}
}

type (
	level0  struct{ ID string }
	level1  struct{ level0 }
	level2  struct{ level1 }
	level3  struct{ level2 }
	level4  struct{ level3 }
	level5  struct{ level4 }
	level6  struct{ level5 }
	level7  struct{ level6 }
	level8  struct{ level7 }
	level9  struct{ level8 }
	level10 struct{ level9 }
	level11 struct{ level10 }
)

// A Config or a type that is larger than a view can be is refused, and each fault names the bound.
func TestBounds(t *testing.T) {
	views := map[string]authz.Requirement{}
	for i := range 63 {
		views[fmt.Sprint("v", i)] = authz.Scopes("a")
	}
	_, err := view.New[embeddable](view.Config{Views: views})
	if err == nil || !strings.Contains(err.Error(), `authz/view: Views: "63": has more than 62 views; join views`) {
		t.Error(err)
	}
	_, err = view.New[struct {
		level11
		ID string `json:"id" view:"public"`
	}](view.Config{})
	if err == nil || !strings.Contains(err.Error(), `"view_test.level1": is embedded too deeply; embed at most ten levels`) {
		t.Error(err)
	}
	_, err = view.New[tooLong](view.Config{})
	mwtest.Faults(t, err, "authz/view: view_test.tooLong.A: has a name of more than 128 bytes; shorten it",
		`authz/view: view_test.tooLong.B: "b": has keys twice; join them with |`)
}

type tooLong struct {
	A string         `json:"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" view:"public"`
	B map[string]int `json:"b" view:"public,keys=a,keys=b"`
}
