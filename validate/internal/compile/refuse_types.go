package compile

import (
	"encoding/json"
	"mime/multipart"
	"reflect"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// fileHeader is the type of a file of package mime/multipart, which gin and echo bind.
var fileHeader = reflect.TypeFor[multipart.FileHeader]()

const fileFix = "use validate.File, *validate.File if it may be absent, or []validate.File"

// takesNull reports whether null is a value of type t. A Go client writes null for a list or a
// map that is nil. A type that decodes itself has a value for null if it encodes that value as
// null again, as the null.String and the datatypes.JSON of other packages do.
func takesNull(t reflect.Type) (takes bool) {
	if plan.DecoderKind(t) != plan.KindCustom {
		return plan.DecoderKind(t) == plan.KindInvalid && (t.Kind() == reflect.Slice || t.Kind() == reflect.Map)
	}
	defer func() { takes = recover() == nil && takes }()
	v := reflect.New(t).Interface()
	if v.(json.Unmarshaler).UnmarshalJSON([]byte("null")) != nil {
		return false
	}
	text, err := json.Marshal(v)
	return err == nil && string(text) == "null"
}

// refuseNull refuses the sql.Null types. encoding/json decodes such a type from an object with
// a member Valid, which the client could set.
func (c *compiler) refuseNull(t reflect.Type, where string) bool {
	if t.PkgPath() != "database/sql" || t.Kind() != reflect.Struct || !strings.HasPrefix(t.Name(), "Null") || t.NumField() != 2 {
		return false
	}
	value := t.Field(0).Type.String()
	c.refuse(where, t.String(), "is a column of a database, which in JSON is an object with a member Valid, and not a value or null",
		"use *"+value+", or for a member validate.Optional["+value+"]")
	return true
}
