package compile

import (
	"reflect"
	"strings"
)

// nullOf returns the type of the value in a sql.Null type. encoding/json decodes such a type
// from an object with a member Valid, which the client could set.
func nullOf(t reflect.Type) (reflect.Type, bool) {
	if t.PkgPath() != "database/sql" || t.Kind() != reflect.Struct || !strings.HasPrefix(t.Name(), "Null") || t.NumField() != 2 {
		return nil, false
	}
	return t.Field(0).Type, true
}

// refuseNull refuses the sql.Null types.
func (c *compiler) refuseNull(t reflect.Type, where string) bool {
	in, ok := nullOf(t)
	if ok {
		fix := "use *" + in.String()
		if !strings.HasSuffix(where, "]") { // only a member can be an Optional
			fix += ", or validate.Optional[" + in.String() + "]"
		}
		c.refuse(where, t.String(),
			"is a column of a database, which in JSON is an object with a member Valid, and not a value or null", fix)
	}
	return ok
}
