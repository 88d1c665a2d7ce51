package validate

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/compile"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

func accepting(types string) reflect.Type {
	return reflect.StructOf([]reflect.StructField{{Name: "F", Type: plan.TypeFile, Tag: reflect.StructTag(`form:"f" accept:"` + types + `"`)}})
}

func TestTypesThatAreNeverFound(t *testing.T) {
	if _, err := newCore(Config{}, accepting(strings.Join(compile.Sniffed, " "))); err != nil {
		t.Error(err)
	}
	for _, media := range []string{"text/csv", "image/svg+xml", "image/jpg", "image/avif", "application/json", "application/vnd.oasis.opendocument.text"} {
		_, err := newCore(Config{}, accepting("image/png "+media))
		mwtest.Faults(t, err, "validate: struct {")
		if err == nil || !strings.Contains(err.Error(), `.F: "`+media+`": is a type that no content looks like to http.DetectContentType`) {
			t.Errorf("%s: %v", media, err)
		}
	}
}
