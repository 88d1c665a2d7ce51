//go:build goexperiment.jsonv2

package oracle

import (
	"bytes"
	"encoding/json/jsontext"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate"
)

// pointersOf returns the pointers of all values in a body, as jsontext computes them.
func pointersOf(in []byte) map[jsontext.Pointer]bool {
	d := jsontext.NewDecoder(bytes.NewReader(in), jsontext.AllowDuplicateNames(true))
	all := map[jsontext.Pointer]bool{"": true}
	for {
		if _, err := d.ReadToken(); err != nil {
			return all
		}
		all[d.StackPointer()] = true
	}
}

// misplacedFault returns an error for the first fault that points to nothing. A
// required member is missing, so its parent must be present.
func misplacedFault(in []byte, faults []httperr.Fault) error {
	all := pointersOf(in)
	for _, f := range faults {
		if f.Pointer == nil {
			return fmt.Errorf("%s has no pointer", f.Code)
		}
		p := jsontext.Pointer(*f.Pointer)
		if !p.IsValid() || !all[p] && (f.Code != "required" && f.Code != "compare" || !all[p.Parent()]) {
			return fmt.Errorf("%s at %q, where nothing is", f.Code, p)
		}
	}
	return nil
}

// newRejecter returns a function that returns the faults of a body.
func newRejecter(t testing.TB) func(in []byte) []httperr.Fault {
	plain, err := validate.New[Plain](validate.Config{AllowFree: true})
	ruled := ruledSchema(t)
	if err != nil {
		t.Fatal(err)
	}
	return func(in []byte) (faults []httperr.Fault) {
		_, one := plain.Decode(nil, request(in))
		_, two := ruled.Decode(nil, request(in))
		for _, err := range []error{one, two} {
			if e, ok := errors.AsType[*httperr.Error](err); ok && !errors.Is(err, validate.ErrMalformed) {
				faults = append(faults, e.Faults...)
			}
		}
		return faults
	}
}

func FuzzFaults(f *testing.F) {
	for i := range uint64(200) {
		f.Add(i, uint8(20))
	}
	faults := newRejecter(f)
	f.Fuzz(func(t *testing.T, seed uint64, wild uint8) {
		for _, in := range [][]byte{body[Plain](seed, int(wild)), body[Ruled](seed, int(wild))} {
			if err := misplacedFault(in, faults(in)); err != nil {
				t.Errorf("%s: %v", in, err)
			}
		}
	})
}

func TestFaultsDetectsMistakes(t *testing.T) {
	faults, found, seen := newRejecter(t), 0, 0
	for seed := range uint64(200) {
		in := body[Ruled](seed, 20)
		list := faults(in)
		if err := misplacedFault(in, list); err != nil {
			t.Errorf("%s: %v", in, err)
		}
		for i := range list {
			seen++
			wrong := strings.NewReplacer("/0", "/1", "/1", "/2", "/2", "/3").Replace(*list[i].Pointer)
			list[i].Pointer = &wrong
		}
		if misplacedFault(in, list) != nil {
			found++
		}
	}
	if found == 0 || seen < 200 {
		t.Errorf("of %d faults, %d bodies had a detected one", seen, found)
	}
}
