package validate

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/go-playground/validator/v10"
)

// A wording is the code and message of a rule. A "%" in the message stands for
// the parameter of the rule, which is a constant of the schema.
type wording struct{ code, message, param string }

// describe returns the fault of a broken rule: of one of the Config, or else of
// the validator.
func (c *checker) describe(e validator.FieldError) fault {
	r := c.own[e.Tag()]
	switch {
	case r == nil:
		return describe(e)
	case r.expr == nil && e.Param() != "":
		return r.fault.with("param", e.Param())
	}
	return r.fault
}

// describe returns the fault of a broken rule. Codes are ours and not the names
// of the validator's tags, so that they stay when those change.
func describe(e validator.FieldError) fault {
	if f, ok := relate(e); ok {
		return f
	}
	w, ok := wordings[e.Tag()]
	if s, sized := tables[e.Kind()][e.Tag()]; sized {
		return s.fault(sizeParam(e.Param()))
	}
	switch {
	case e.Kind() == reflect.Struct && timeWordings[e.Tag()].code != "":
		return timeWordings[e.Tag()].fault(nil)
	case !ok:
		return faultInvalid
	case w.param == "allowed":
		return w.fault(allowed(e.Type(), e.Param()))
	}
	return w.fault(typedParam(e.Type(), e.Param()))
}

// fault returns the fault of a rule whose parameter has that value.
func (w wording) fault(value any) fault {
	text := fmt.Sprint(value)
	f := fault{code: w.code, message: strings.Replace(w.message, "%", text, 1)}
	if text == "1" && strings.Contains(w.message, "% ") { // a number of things, and a thing is not things
		f.message = strings.TrimSuffix(f.message, "s")
	}
	if w.param != "" {
		f = f.with(w.param, value)
	}
	return f
}

// tables has the wordings of rules that mean another thing for each kind of
// value.
var tables = map[reflect.Kind]map[string]wording{
	reflect.String: ofStrings, reflect.Slice: ofLists, reflect.Array: ofLists, reflect.Map: ofMaps,
}

var ofStrings = map[string]wording{
	"min": {"min_length", "must have at least % characters", "min"},
	"gte": {"min_length", "must have at least % characters", "min"},
	"gt":  {"min_length", "must have more than % characters", "exclusive_min"},
	"max": {"max_length", "must have at most % characters", "max"},
	"lte": {"max_length", "must have at most % characters", "max"},
	"lt":  {"max_length", "must have fewer than % characters", "exclusive_max"},
	"len": {"length", "must have exactly % characters", "len"},
}

var ofLists = map[string]wording{
	"min": {"min_items", "must have at least % items", "min"},
	"gte": {"min_items", "must have at least % items", "min"},
	"gt":  {"min_items", "must have more than % items", "exclusive_min"},
	"max": {"max_items", "must have at most % items", "max"},
	"lte": {"max_items", "must have at most % items", "max"},
	"lt":  {"max_items", "must have fewer than % items", "exclusive_max"},
	"len": {"items", "must have exactly % items", "len"},
	"eq":  {"items", "must have exactly % items", "len"},
}

var ofMaps = map[string]wording{
	"min": {"min_members", "must have at least % members", "min"},
	"gte": {"min_members", "must have at least % members", "min"},
	"gt":  {"min_members", "must have more than % members", "exclusive_min"},
	"max": {"max_members", "must have at most % members", "max"},
	"lte": {"max_members", "must have at most % members", "max"},
	"lt":  {"max_members", "must have fewer than % members", "exclusive_max"},
	"len": {"members", "must have exactly % members", "len"},
	"eq":  {"members", "must have exactly % members", "len"},
}

var wordings = map[string]wording{
	"min": {"min", "must be at least %", "min"},
	"gte": {"min", "must be at least %", "min"},
	"gt":  {"exclusive_min", "must be more than %", "exclusive_min"},
	"max": {"max", "must be at most %", "max"},
	"lte": {"max", "must be at most %", "max"},
	"lt":  {"exclusive_max", "must be less than %", "exclusive_max"},
	"len": {"const", "must be %", "const"},
	"eq":  {"const", "must be %", "const"},
	"ne":  {"not", "must not be %", "not"},

	"oneof":   {"enum", "must be one of the allowed values", "allowed"},
	"oneofci": {"enum", "must be one of the allowed values", "allowed"},
	"unique":  {"unique_items", "must not have an item twice", ""},

	"email": {"format_email", "must be an e-mail address", ""},
	"url":   {"format_url", "must be a URL", ""}, "http_url": {"format_url", "must be a URL with http or https", ""},
	"https_url": {"format_url", "must be a URL with https", ""}, "uri": {"format_uri", "must be a URI", ""},
	"uuid": uuidFormat, "uuid3": uuidFormat, "uuid4": uuidFormat, "uuid5": uuidFormat, "uuid7": uuidFormat,
	"uuid_rfc4122": uuidFormat, "uuid3_rfc4122": uuidFormat, "uuid4_rfc4122": uuidFormat, "uuid5_rfc4122": uuidFormat,
	"ulid":     {"format_ulid", "must be a ULID", ""},
	"ip":       {"format_ip", "must be an IP address", ""},
	"ipv4":     {"format_ipv4", "must be an IPv4 address", ""},
	"ipv6":     {"format_ipv6", "must be an IPv6 address", ""},
	"cidr":     {"format_cidr", "must be an IP prefix", ""},
	"hostname": {"format_hostname", "must be a host name", ""}, "hostname_rfc1123": {"format_hostname", "must be a host name", ""},
	"fqdn":     {"format_hostname", "must be a full domain name", ""},
	"e164":     {"format_phone", "must be a phone number with + and country code", ""},
	"datetime": {"format_date_time", "must be a date in the expected format", ""},
	"alpha":    {"pattern", "must have letters only", ""}, "alphanum": {"pattern", "must have letters and digits only", ""},
	"numeric": {"pattern", "must be numeric", ""}, "number": {"pattern", "must have digits only", ""},
	"ascii": {"pattern", "must have ASCII characters only", ""}, "printascii": {"pattern", "must have printable ASCII characters only", ""},
	"hexadecimal": {"pattern", "must be hexadecimal", ""}, "hexcolor": {"pattern", "must be a hexadecimal color", ""},
	"lowercase": {"pattern", "must be in lower case", ""}, "uppercase": {"pattern", "must be in upper case", ""},
	"base64": {"format_base64", "must be base64", ""}, "base64url": {"format_base64", "must be base64url", ""},
	"base64rawurl": {"format_base64", "must be base64url without padding", ""},
	"json":         {"format_json", "must be JSON", ""}, "jwt": {"format_jwt", "must be a JWT", ""},
	"semver":           {"format_semver", "must be a semantic version", ""},
	"iso4217":          {"format_currency", "must be a currency code", ""},
	"iso3166_1_alpha2": {"format_country", "must be a country code of two letters", ""}, "country_code": {"format_country", "must be a country code", ""},
	"bcp47_language_tag": {"format_language", "must be a language tag", ""},
	"credit_card":        {"format_card", "must be a card number", ""},
	"contains":           {"contains", "must contain %", "value"}, "excludes": {"excludes", "must not contain %", "value"},
	"startswith": {"prefix", "must begin with %", "value"}, "endswith": {"suffix", "must end with %", "value"},
	"latitude": {"format_latitude", "must be a latitude", ""}, "longitude": {"format_longitude", "must be a longitude", ""},
}

var uuidFormat = wording{"format_uuid", "must be a UUID", ""}

// timeWordings are those of a time.Time, which the rules compare with now.
var timeWordings = map[string]wording{
	"min": {"min", "must not be in the past", ""}, "gte": {"min", "must not be in the past", ""},
	"max": {"max", "must not be in the future", ""}, "lte": {"max", "must not be in the future", ""},
	"gt": {"exclusive_min", "must be in the future", ""},
	"lt": {"exclusive_max", "must be in the past", ""},
}
