package plan

import (
	"encoding"
	"reflect"
)

// A Preset is what a field holds if the client does not send it. It is stored
// before anything is read, so what is sent, also a zero, replaces it.
type Preset struct {
	Index []int
	Value reflect.Value
	Text  []byte // for a type that decodes it: it may have pointers inside, which requests must not share
	Path  string // Go names with dots between
	Where string
	Tag   string
}

func (p *Preset) Store(v reflect.Value) {
	dst := v.FieldByIndex(p.Index)
	if p.Text == nil {
		dst.Set(p.Value)
		return
	}
	// New has tried it.
	_ = dst.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText(p.Text)
}
