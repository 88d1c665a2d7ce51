//go:build goexperiment.jsonv2

package oracle

import (
	"encoding/json"
	"net/netip"
	"time"
)

// Plain has a member of each type that package validate supports.
type Plain struct {
	Shared
	S      string                `json:"s"`
	B      bool                  `json:"b"`
	I      int                   `json:"i"`
	I8     int8                  `json:"i8"`
	U8     uint8                 `json:"u8"`
	U      uint64                `json:"u"`
	F32    float32               `json:"f32"`
	F      float64               `json:"f"`
	Num    json.Number           `json:"num"`
	Bytes  []byte                `json:"bytes"`
	When   time.Time             `json:"when"`
	Addr   netip.Addr            `json:"addr"`
	Pair   [2]int                `json:"pair"`
	List   []string              `json:"list"`
	Grid   [][]float64           `json:"grid"`
	Map    map[string]int        `json:"map"`
	Maps   map[string][]*Plain   `json:"maps" validate:"dive,dive"`
	Ptr    *string               `json:"ptr"`
	PtrPtr **int                 `json:"ptrptr"`
	Next   *Plain                `json:"next"`
	Any    any                   `json:"any"`
	Free   map[string]any        `json:"free"`
	Raw    json.RawMessage       `json:"raw"`
	Esc    string                `json:"a/b ~c"`
	Inner  struct{ Deep []bool } `json:"inner"`
}

// Shared gives its members to the structs that embed it.
type Shared struct {
	ID string `json:"id"`
}

// Ruled has the rules that JSON Schema can express.
type Ruled struct {
	Key
	Email  string           `json:"email" validate:"omitempty,email"`
	Kind   string           `json:"kind" validate:"oneof=card cash ''"`
	Maybe  *string          `json:"maybe" validate:"omitempty,min=2,max=4"`
	Must   *int             `json:"must" validate:"gte=1,lt=10"`
	Note   string           `json:"note" validate:"omitempty,min=2,max=15"`
	SKU    string           `json:"sku" validate:"omitempty,sku"`
	Count  int              `json:"count" validate:"required,min=0,max=99"`
	Small  int8             `json:"small"`
	Rate   float64          `json:"rate" validate:"gte=0,lte=3"`
	Step   uint8            `json:"step" validate:"omitempty,min=5"`
	Tags   []string         `json:"tags" validate:"max=3,unique,dive,max=4"`
	Need   []int            `json:"need" validate:"required,min=1"`
	Kids   []Ruled          `json:"kids" validate:"max=2,dive"`
	Bare   []Part           `json:"bare" validate:"-"`
	Dived  []*Part          `json:"dived" validate:"dive,required"`
	By     map[string]Part  `json:"by" validate:"max=2,dive,keys,max=1,endkeys"`
	Names  map[string]int   `json:"names" validate:"omitzero,min=2"`
	Pair   [2]Part          `json:"pair" validate:"dive"`
	Bytes  []byte           `json:"bytes" validate:"omitempty,max=3"`
	Opt    Part             `json:"opt" validate:"omitempty"`
	Site   *Part            `json:"site" validate:"omitempty"`
	When   time.Time        `json:"when"`
	Any    any              `json:"any"`
	Matrix [][]int          `json:"matrix" validate:"max=4,dive,max=3,dive,min=-1"`
	Deep   map[string][]int `json:"deep" validate:"dive,min=1"`
}

// Key is embedded.
type Key struct {
	ID string `json:"id" validate:"required,max=36"`
}

// Part is a struct that is used in several places.
type Part struct {
	Name string `json:"name" validate:"required,min=1"`
	Qty  int    `json:"qty" validate:"max=50"`
}
