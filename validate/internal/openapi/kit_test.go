package openapi_test

import (
	"time"

	"github.com/go-sallyport/sallyport/validate"
	"github.com/go-sallyport/sallyport/validate/internal/kit"
)

type (
	order     = kit.Order
	strict    = kit.Strict
	listNotes = kit.ListNotes
)

type homeTown struct {
	City string `json:"city" validate:"required,min=2"`
}

type signup struct {
	Mail  string   `form:"mail" mod:"trim,lower" validate:"required,email"`
	Age   int      `form:"age" default:"18" validate:"min=18"`
	Terms bool     `form:"terms"`
	Tags  []string `form:"tag" style:"repeat" validate:"max=2"`
	Page  int      `query:"page"`
}

type component struct {
	SKU   sku               `json:"sku" validate:"required,sku"`
	Alt   *string           `json:"alt" validate:"omitempty,sku|uuid"`
	Codes []string          `json:"codes" validate:"dive,short"`
	By    map[string]string `json:"by" validate:"dive,keys,short,endkeys,sku"`
	Count int               `json:"count" validate:"even"`
	Step  int               `json:"step" validate:"multiple=5"`
	In    *component        `json:"in"`
}

func partConfig() validate.Config {
	return validate.Config{
		Patterns: map[string]string{"sku": `[A-Z]{3}\d{4}|none`, "short": `(?i)[a-f]{1,3}`},
		Rules: map[string]validate.Rule{
			"even":     {Check: func(v any, _ string) bool { return v.(int)%2 == 0 }},
			"multiple": {Check: func(v any, param string) bool { return param == "5" && v.(int)%5 == 0 }},
		},
	}
}

type patch struct {
	Note  validate.Optional[string]         `json:"note,omitzero" validate:"min=2,max=5"`
	Free  validate.Optional[string]         `json:"free,omitzero" validate:"omitnil,min=2"`
	Count validate.Optional[int8]           `json:"count,omitzero" validate:"min=1"`
	Tags  validate.Optional[[]string]       `json:"tags,omitzero" validate:"max=2,dive,min=1"`
	Home  validate.Optional[homeTown]       `json:"home,omitzero"`
	Due   validate.Optional[time.Time]      `json:"due,omitzero"`
	Must  validate.Optional[int]            `json:"must,omitzero" validate:"required,max=9"`
	With  validate.Optional[string]         `json:"with,omitzero" validate:"required_with=Count"`
	Map   validate.Optional[map[string]int] `json:"map,omitzero" validate:"max=1"`
	List  []patchItem                       `json:"list,omitempty" validate:"dive"`
}

type patchItem struct {
	N validate.Optional[int] `json:"n,omitzero" validate:"min=1"`
}

type sku string
