package scan_test

import "time"

const (
	goodID    = `"id":"0190163d-8694-739b-aea5-966c26f8ad90"`
	goodItems = `"items":[{"sku":"A1","qty":0}]`
	goodRest  = `"email":"a@example.com","home":{"street":"s"}`
	good      = goodID + `,"kind":"cash",` + goodItems + "," + goodRest
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
