package validate

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

func TestReadTag(t *testing.T) {
	for tag, want := range map[reflect.StructTag]string{
		``:                                     "",
		`json:"a"`:                             "json=a ",
		`json:"a" validate:"min=1,max=2"`:      "json=a validate=min=1,max=2 ",
		`  json:"a"   validate:"min=1"  `:      "json=a validate=min=1 ",
		`json:"a\"b" doc:"x y: \"z\""`:         `json=a"b doc=x y: "z" `,
		`json:""`:                              "json= ",
		"json:\"a\"\tvalidate:\"min=1\"":       "json=a has no space between two of its pairs",
		`json:r`:                               "has a value that is not between quotes",
		`json: "r"`:                            "has a value that is not between quotes",
		`json:"r`:                              "has a value that is not between quotes",
		`json:'r'`:                             "has a value that is not between quotes",
		"json:`r`":                             "has a value that is not between quotes",
		`json:"a\q"`:                           "has a value that is not between quotes",
		`json:`:                                "has a value that is not between quotes",
		`json`:                                 "has a key without a value",
		`json "r"`:                             "has a key without a value",
		`json:"a",validate:"min=1"`:            "json=a has no space between two of its pairs",
		`json:"a"validate:"min=1"`:             "json=a has no space between two of its pairs",
		`json:"a" validate`:                    "json=a has a key without a value",
		`json:"a" :"b"`:                        "json=a has a value without a key",
		`"a"`:                                  "has a value without a key",
		`json:"a" validate:min=1 default:"2" `: "json=a has a value that is not between quotes",
	} {
		pairs, flaw := readTag(tag)
		var b strings.Builder
		for _, p := range pairs {
			b.WriteString(p.key + "=" + p.value + " ")
		}
		if got := b.String() + flaw; got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

// What readTag takes apart, package reflect finds, and the other way round.
func FuzzReadTag(f *testing.F) {
	for _, seed := range []string{`json:"a" validate:"b"`, `json:r validate:"b"`, `a:"b"c:"d"`, `a:"\x00"`, "a:\"\n\"", `  `, `a:"1" a:"2"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, tag string) {
		pairs, flaw := readTag(reflect.StructTag(tag))
		for i, p := range pairs {
			first := slices.IndexFunc(pairs, func(q tagPair) bool { return q.key == p.key })
			got, ok := reflect.StructTag(tag).Lookup(p.key)
			if !ok || got != pairs[first].value {
				t.Fatalf("%q: pair %d is %q, and package reflect finds %q, %v", tag, i, p, got, ok)
			}
		}
		for _, own := range ownKeys {
			_, ok := reflect.StructTag(tag).Lookup(own)
			if has := slices.ContainsFunc(pairs, func(p tagPair) bool { return p.key == own }); flaw == "" && ok != has {
				t.Fatalf("%q: %s found by package reflect: %v, here: %v", tag, own, ok, has)
			}
		}
	})
}

// go vet would not let these be written down as a struct.
func TestUnreadableTagsRefused(t *testing.T) {
	for _, tag := range []reflect.StructTag{`json:a`, `json:"b",validate:"required"`, `json:"c"validate:"min=1"`, `json: "d"`, `required`} {
		_, err := newCore(Config{}, reflect.StructOf([]reflect.StructField{{Name: "V", Type: tString, Tag: tag}}))
		mwtest.Faults(t, err, "validate: struct {")
		if err == nil || !strings.Contains(err.Error(), ".V: "+strconv.Quote(string(tag))+": has ") || !strings.Contains(err.Error(), `so that what is in it is not found; write it as key:"value"`) {
			t.Errorf("%s: %v", tag, err)
		}
	}
	const fine = `json:"f" doc:"it's fine: \"really\""   db:"f" `
	if _, err := newCore(Config{}, reflect.StructOf([]reflect.StructField{{Name: "V", Type: tString, Tag: fine}})); err != nil {
		t.Error(err)
	}
}

// Of two tags with one key only the first is read.
func TestSecondTagsRefused(t *testing.T) {
	with := func(tag reflect.StructTag) error {
		_, err := newCore(Config{}, reflect.StructOf([]reflect.StructField{{Name: "V", Type: tString, Tag: tag}}))
		return err
	}
	err := with(`json:"v" validate:"min=1" validate:"max=3"`)
	mwtest.Faults(t, err, "validate: struct {")
	if err == nil || !strings.Contains(err.Error(), `.V: "max=3": is in a second tag validate, and only the first is read; make one of the two`) {
		t.Error(err)
	}
	if err := with(`json:"v" description:"a" description:"b"`); err != nil {
		t.Error(err)
	}
}
