package headers

import (
	"fmt"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// faults collects the faults of a Config, so that New returns all at once.
type faults struct{ httperr.ConfigFaults }

func newFaults() *faults { return &faults{httperr.ConfigFaults{Package: "headers"}} }

// checkList adds a fault for each element that ok refuses and for each
// duplicate.
func (f *faults) checkList(field string, list []string, ok func(string) bool, reason, fix string) {
	for i, s := range list {
		switch at := fmt.Sprintf("%s[%d]", field, i); {
		case !ok(s):
			f.Add(at, s, reason, fix)
		case slices.Contains(list[:i], s):
			f.Add(at, s, "given twice", "remove one of them")
		}
	}
}
