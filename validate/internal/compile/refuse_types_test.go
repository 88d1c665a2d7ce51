package compile_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate"
)

type NullString struct {
	String string `json:"string"`
	Valid  bool   `json:"valid"`
}

type embedsNull struct {
	sql.NullString
}

// The sql.Null types are refused: a client would send an object with a member Valid.
func TestColumnsRefused(t *testing.T) {
	type row struct {
		S  sql.NullString                     `json:"s"`
		I  sql.NullInt64                      `json:"i"`
		B  []sql.NullBool                     `json:"b"`
		T  map[string]*sql.NullTime           `json:"t"`
		G  sql.Null[float64]                  `json:"g"`
		O  validate.Optional[sql.NullFloat64] `json:"o"`
		E  embedsNull                         `json:"e"`
		Me NullString                         `json:"me"` // it has the name only
		At *time.Time                         `json:"at"`
	}
	_, err := validate.New[row](validate.Config{})
	const reason = ": is a column of a database, which in JSON is an object with a member Valid, and not a value or null; use "
	mwtest.Faults(t, err, `validate: row.S: "sql.NullString"`+reason+"*string, or for a member validate.Optional[string]", `validate: row.I: "sql.NullInt64"`+reason+"*int64, or for a member validate.Optional[int64]",
		`validate: row.B[]: "sql.NullBool"`+reason+"*bool", `validate: row.T[]: "sql.NullTime"`+reason+"*time.Time", `validate: row.G: "sql.Null[float64]"`+reason+"*float64, or for a member validate.Optional[float64]",
		`validate: row.O: "sql.NullFloat64"`+reason, `validate: embedsNull.NullString: "sql.NullString"`+reason)

	type param struct {
		S sql.NullString `query:"s"`
	}
	_, err = validate.New[param](validate.Config{})
	mwtest.Faults(t, err, `validate: param.S: "sql.NullString": is not a type that a parameter can have`)
}
