package compile

import (
	"reflect"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
	"github.com/go-sallyport/sallyport/validate/internal/rule"
)

// spellings has the tags in which huma, gin and the generators of OpenAPI write one rule each,
// with its spelling in the tag validate. A % stands for the value of the tag, and "" for a rule
// that the program declares.
var spellings = map[string]string{
	"minLength": "min=%", "maxLength": "max=%", "minItems": "min=%", "maxItems": "max=%",
	"min": "min=%", "max": "max=%", "minProperties": "min=%", "maxProperties": "max=%",
	"minimum": "min=%", "maximum": "max=%", "exclusiveMinimum": "gt=%", "exclusiveMaximum": "lt=%", "uniqueItems": "unique",
	"required": "required", "enum": "oneof=%", "enums": "oneof=%", "format": "%", "time_format": "datetime=%",
	"pattern": "", "regexp": "", "multipleOf": "",
}

// formats has the rules for the formats of OpenAPI; "" is a format without a check.
var formats = map[string]string{
	"email": "email", "uuid": "uuid", "uri": "uri", "ip": "ip", "ipv4": "ipv4", "ipv6": "ipv6", "hostname": "hostname",
	"date": "datetime=2006-01-02", "time": "datetime=15:04:05", "date-time": "datetime=2006-01-02T15:04:05Z07:00",
	"int32": "", "int64": "", "float": "", "double": "", "byte": "", "binary": "", "password": "",
}

// refuseForeignRule refuses a tag that is a rule for another program, unless a rule of the
// field says the same: then the tag is documentation. It reports whether the tag is such a rule.
func (c *compiler) refuseForeignRule(key, value string, f reflect.StructField, levels []plan.DepthRules, where string) bool {
	if _, known := spellings[key]; !known {
		return false
	}
	base, lists := plan.Leaf(f.Type)
	spelling, value, checks := translate(key, value, base)
	if !checks || slices.ContainsFunc(levels, func(l plan.DepthRules) bool {
		return slices.ContainsFunc(l.Rules, func(r plan.Rule) bool { return c.saysTheSame(r, key, value, spelling) })
	}) {
		return true
	}
	fix := "declare it in Config.Patterns or Config.Rules, and name it in the tag validate"
	switch {
	case key == "time_format" && base == plan.TypeTime:
		fix = `make it a string with validate:"` + spelling + `", and parse it in the handler`
	case spelling != "":
		ofList := strings.HasSuffix(key, "Items") || strings.HasSuffix(key, "Properties")
		if lists > 0 && !ofList && key != "required" && key != "min" && key != "max" {
			spelling = "dive," + spelling
		}
		fix = `write validate:"` + spelling + `"`
	}
	tag := key + `:"` + f.Tag.Get(key) + `"`
	c.refuse(where, tag, "is a rule for another program, which nothing here runs", fix+ignoreTag(key))
	return true
}

// translate returns the tag as a rule of this package, with the value of the tag in the form of
// that rule. It reports whether the other program checks anything with the tag.
func translate(key, value string, base reflect.Type) (spelling, param string, checks bool) {
	spelling, checks = spellings[key], true
	switch key {
	case "uniqueItems", "required":
		checks = value == "true"
	case "format":
		name, known := formats[value]
		text := base.Kind() == reflect.String && plan.DecoderKind(base) == plan.KindInvalid
		spelling, checks = name, text && (!known || name != "")
	case "time_format":
		checks = base != plan.TypeTime || value != "2006-01-02T15:04:05Z07:00"
	case "enum", "enums":
		words := strings.Split(value, ",")
		for i, word := range words {
			if words[i] = strings.TrimSpace(word); strings.Contains(words[i], " ") {
				words[i] = "'" + words[i] + "'"
			}
		}
		value = strings.Join(words, " ")
	}
	return strings.ReplaceAll(spelling, "%", value), value, checks
}

// ignoreTag is the end of a fix: the option for a tag that another program reads.
func ignoreTag(key string) string {
	return `; if another program reads it too, name "` + key + `" in Config.IgnoreTags`
}

// saysTheSame reports whether r is the rule of that spelling, or one that the program has
// declared.
func (c *compiler) saysTheSame(r plan.Rule, key, value, spelling string) bool {
	switch {
	case c.own[r.Name] != nil:
		return spelling == ""
	case key == "format":
		row := rule.Table[r.Name]
		return row.Keyword == "format" && row.Value == value || r.Text == spelling ||
			r.Name == "datetime" && strings.HasPrefix(spelling, "datetime")
	case key == "enum" || key == "enums":
		is, want := rule.Choices(r.Param), rule.Choices(value)
		slices.Sort(is)
		slices.Sort(want)
		return r.Name == "oneof" && slices.Equal(is, want)
	}
	name, param, _ := strings.Cut(spelling, "=")
	also := map[string]string{"min": "gte", "max": "lte"}[name]
	return r.Text == spelling || r.Param == param && param != "" && (r.Name == also || r.Name == "len" && also != "")
}
