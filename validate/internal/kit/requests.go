package kit

import (
	"net/netip"
	"time"
)

// The request structs that the tests of several packages share. They are aliases, because
// messages and definitions of JSON Schema contain the name of a type.
type (
	Base      = base
	Order     = order
	Item      = item
	Strict    = strict
	ListNotes = listNotes
)

type order struct {
	base
	Email    string            `json:"email" validate:"required,email"`
	Kind     string            `json:"kind" validate:"oneof=card cash 'on account'"`
	Card     string            `json:"card" validate:"required_if=Kind card,max=20"`
	Home     address           `json:"home"`
	Work     *address          `json:"site"`
	Items    []item            `json:"items" validate:"required,min=1,max=3,dive"`
	Labels   map[string]string `json:"labels" validate:"max=2,dive,keys,max=3,endkeys,max=4"`
	Codes    []*string         `json:"codes" validate:"max=2,dive,required,len=2"`
	Limit    *int              `json:"limit" validate:"omitempty,gt=0,lt=10"`
	Password string            `json:"password" validate:"omitempty,min=8"`
	Again    string            `json:"again" validate:"eqfield=Password"`
	Grid     [][]int           `json:"grid" validate:"dive,dive,gte=1"`
	By       map[string]item   `json:"by" validate:"dive"`
	Start    time.Time         `json:"start"`
}

type base struct {
	ID string `json:"id" validate:"required,uuid"`
}

type address struct {
	Street string `json:"street" validate:"required,min=1"`
	Zip    string `json:"zip" validate:"omitempty,len=5"`
}

type item struct {
	SKU  string `json:"sku" validate:"required,alphanum"`
	Qty  int    `json:"qty" validate:"required,min=0,max=99"`
	Note *item  `json:"note"`
}

type strict struct {
	Name  string         `json:"name"`
	Task  string         `json:"task"`
	F64   float64        `json:"f64"`
	F32   float32        `json:"f32"`
	Int   int            `json:"int"`
	I64   int64          `json:"i64"`
	I8    int8           `json:"i8"`
	U8    uint8          `json:"u8"`
	OK    bool           `json:"ok"`
	Tags  []string       `json:"tags"`
	Pair  [2]int         `json:"pair"`
	In    *inner         `json:"in"`
	List  []inner        `json:"list"`
	Bytes []byte         `json:"bytes"`
	Any   any            `json:"any" free:"true"`
	Map   map[string]int `json:"map"`
	At    time.Time      `json:"at"`
	Odd   string         `json:"a~/b"`
}

type inner struct {
	A string `json:"a"`
	N *inner `json:"n"`
}

type listNotes struct {
	Paging
	Sort   sortKey      `query:"sort" default:"-created" validate:"oneof=created -created title"`
	Tags   []string     `query:"tag" style:"repeat" validate:"max=3,dive,max=5"`
	IDs    []uint16     `query:"ids" style:"comma" validate:"max=4"`
	Since  time.Time    `query:"since"`
	From   netip.Addr   `query:"from"`
	Done   *bool        `query:"done"`
	Ratio  float32      `query:"ratio"`
	I8     int8         `query:"i8"`
	Q      string       `query:"q"`
	Need   bool         `query:"need" validate:"required"`
	Match  string       `header:"if-match" validate:"max=8"`
	Accept []string     `header:"X-Wants" style:"comma" validate:"max=3"`
	Lines  []netip.Addr `header:"X-Line" style:"repeat"`
	Try    int          `header:"X-Try" default:"7"`
	ID     string       `path:"id" validate:"uuid"`
}

type Paging struct {
	Page  int `query:"page" default:"1" validate:"min=1"`
	Limit int `query:"limit" default:"20" validate:"min=1,max=100"`
}

type sortKey string
