package headers

import (
	"fmt"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// faults collects what is wrong with a Config, so that all is said at once.
type faults struct{ httperr.ConfigFaults }

func newFaults() *faults { return &faults{httperr.ConfigFaults{Package: "headers"}} }

// words checks each word of a list, and that none comes twice.
func (f *faults) words(field string, list []string, ok func(string) bool, reason, fix string) {
	for i, s := range list {
		switch at := fmt.Sprintf("%s[%d]", field, i); {
		case !ok(s):
			f.Add(at, s, reason, fix)
		case slices.Contains(list[:i], s):
			f.Add(at, s, "given twice", "remove one of them")
		}
	}
}
