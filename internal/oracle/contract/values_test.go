package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/authz/view"
	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/openapi"
)

// answers sends v by h, and returns what Check finds by the document of the handler
// described.
func answers(t *testing.T, described, h http.Handler) error {
	t.Helper()
	document, err := openapi.Document(openapi.Info{Title: "a", Version: "1"}, []row{{pattern: "GET /a", scope: "public", handler: described}})
	if err != nil {
		t.Fatal(err)
	}
	w, r := httptest.NewRecorder(), httptest.NewRequest("GET", "/a", nil)
	h.ServeHTTP(w, r)
	return load(t, document).Check(Exchange{Request: r, Status: w.Code, Header: w.Header(), Response: w.Body.Bytes()})
}

// returns is a handler that answers with v.
func returns[T any](v T) http.Handler {
	return validate.Handler(func(context.Context, *struct{}) (*T, error) { return &v, nil })
}

type level int

func (level) MarshalText() ([]byte, error) { return []byte("high"), nil }

type opaque struct{ X int }

func (*opaque) MarshalJSON() ([]byte, error) { return []byte(`["x"]`), nil }

type tree struct {
	Name  string     `json:"name"`
	Below []tree     `json:"below"`
	Lists nestedList `json:"lists"`
}

type nestedList []nestedList

type Base struct {
	ID string `json:"id"`
}

// mixed has members of all kinds.
type mixed struct {
	*Base
	Tree   tree              `json:"tree"`
	Up     *tree             `json:"up"`
	Maybe  *time.Time        `json:"maybe"`
	Bytes  []byte            `json:"bytes"`
	Pair   [2]bool           `json:"pair"`
	Map    map[level]*uint64 `json:"map"`
	Short  map[string]int8   `json:"short,omitempty"`
	Level  *level            `json:"level"`
	Opaque opaque            `json:"opaque"`
	Raw    json.RawMessage   `json:"raw"`
	Any    any               `json:"any"`
	Number json.Number       `json:"number"`
	Quoted *int64            `json:"quoted,string"`
	Zero   time.Time         `json:"zero,omitzero"`
	Ptr    *Base             `json:"ptr,omitempty"`
	Addr   netip.Addr        `json:"addr"`
	Big    *big.Int          `json:"big"`
	Float  float64           `json:"float"`
	Option validate.Optional[string]
}

// The text that encoding/json writes for a value is valid by the schema of its type.
func TestValuesAreValid(t *testing.T) {
	now, high, most, least := time.Now(), level(1), uint64(math.MaxUint64), int64(math.MinInt64)
	leaf := tree{Name: "<é>", Lists: nestedList{nil, {}, {nil}}}
	full := mixed{
		Base: &Base{"1"}, Tree: tree{Below: []tree{leaf, leaf}}, Up: &leaf, Maybe: &now, Bytes: []byte{0, 255}, Pair: [2]bool{true, false},
		Map: map[level]*uint64{1: &most, 2: nil}, Short: map[string]int8{"": -1}, Level: &high, Raw: json.RawMessage(`[null]`), Any: map[string]any{"a": 1},
		Number: "1e40", Quoted: &least, Zero: now, Ptr: &Base{}, Addr: netip.MustParseAddr("::1"), Big: big.NewInt(1), Float: -0.5,
		Option: validate.Optional[string]{Value: "a", Set: true},
	}
	for name, h := range map[string]http.Handler{
		"zero": returns(mixed{}), "full": returns(full), "list": returns([]mixed{{}, full}), "no list": returns([]mixed(nil)),
		"pointer": returns(&full), "null": returns((*mixed)(nil)), "map": returns(map[string]tree{"a": leaf}), "any": returns(any(1)),
		"text": returns("a"), "time": returns(now), "level": returns(high), "opaque": returns(opaque{}), "tree": returns(leaf), "struct": returns(struct{ A, B *Base }{}),
	} {
		if err := answers(t, h, h); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A value of another type is found.
	if err := answers(t, returns(Base{}), returns(tree{})); err == nil {
		t.Error("another type is valid")
	}
}

type profile struct {
	Name  string `json:"name" view:"public"`
	Email string `json:"email" view:"self"`
}

type plainProfile struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

// A response of which a view leaves out members is valid by the document of the filtered
// handler, and not by the document of a type without views.
func TestViewsAreValid(t *testing.T) {
	views, err := view.New[profile](view.Config{})
	if err != nil {
		t.Fatal(err)
	}
	filtered := views.Handler(returns(profile{"Ann", "ann@a.example"}))
	w := httptest.NewRecorder()
	filtered.ServeHTTP(w, httptest.NewRequest("GET", "/a", nil))
	if got := bytes.TrimSpace(w.Body.Bytes()); string(got) != `{"name":"Ann"}` {
		t.Fatalf("the view sends %s", got)
	}
	if err := answers(t, filtered, filtered); err != nil {
		t.Error(err)
	}
	if err := answers(t, returns(plainProfile{}), filtered); err == nil {
		t.Error("a required member that the view leaves out is not found")
	}
}
