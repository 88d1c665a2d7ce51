package validate

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

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
