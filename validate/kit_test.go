package validate_test

import (
	"fmt"
	"strings"

	"github.com/go-sallyport/sallyport/validate"
)

const (
	gif      = "GIF89a\x01\x00\x01\x00"
	boundary = "----b0undary"
)

var title = part("title", "Hi")

// part writes one part of a form; head are further lines of its header.
func part(name, content string, head ...string) string {
	return fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"%s\"%s\r\n\r\n%s\r\n", boundary, name, strings.Join(head, ""), content)
}

func file(name, as, content string) string {
	return part(name, content, `; filename="`+as+`"`, "\r\nContent-Type: text/html")
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

type edge struct {
	Tags  []string        `form:"tag" style:"repeat"`
	Text  string          `form:"text"`
	File  validate.File   `form:"file"`
	Files []validate.File `form:"files" style:"repeat"`
}

const end = "--" + boundary + "--\r\n"

type manyParams struct {
	Tags []string `query:"tag" style:"repeat"`
	Text string   `query:"text"`
	IDs  []int    `query:"ids" style:"comma"`
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

type upload struct {
	Title string          `form:"title" validate:"required,max=10"`
	Photo validate.File   `form:"photo" accept:"image/png image/gif" validate:"required"`
	More  []validate.File `form:"more" style:"repeat" validate:"max=2"`
	Tags  []string        `form:"tag" style:"comma"`
}

type sku string
