// Package rule describes each rule of a validate tag: its class, its fault and its
// keyword in JSON Schema. It also reads bounds, and the patterns and rules of a Config.
package rule

import (
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A class tells whether this package lets clients run a rule of the validator, and on
// which values.
type class uint8

const (
	// OfValues are rules that panic on a type that they do not support, so that
	// the dry run finds such a field.
	OfValues class = iota + 1

	// OfText are rules that check strings only. For another value most of them
	// check the result of reflect.Value.String, "<int Value>", which is the same
	// for all values: every request passes, or no request does.
	OfText

	// OfStringers are rules for text that also accept a type with a String method.
	OfStringers

	// Unsupported are rules that decide whether other rules run, so that the visits
	// and the schema would have to follow them, and rules that compare with a field of
	// the outermost struct: this package runs the validator on one struct at a time.
	Unsupported

	// Outside are rules that look up a value of the client in the file system or on
	// a name server: this is slow, and tells the client which files and hosts exist.
	// timezone opens the file of that name below a directory of zones.
	Outside
)

// A row describes one rule of the validator. A rule without a row is refused: a later
// version of the validator may have rules that are not reviewed here.
type row struct {
	Class  class
	Bound  bound      // of min, max and the like
	Fields fieldNames // which words of the parameter name other fields
	When   plan.When  // of required_if and the like: how many of the fields must match

	// The fault of a broken rule; without a code it is "invalid". A "%" in a message
	// stands for the parameter of the rule, which is a constant of the schema. times is
	// the message for a time.Time, Counts the message for a count of things.
	Code, message, times, Counts string
	Param                        string // the name of the parameter in the fault

	// The keyword of JSON Schema. A "%" in the value stands for the parameter as a pattern.
	Keyword, Value string

	Example string // the rule with a parameter, for a rule that needs a parameter
}

// fieldNames tells which words of the parameter of a rule name other fields of the struct.
type fieldNames uint8

const (
	NoField    fieldNames = iota
	OneField              // the parameter is a name
	allFields             // each word is a name
	WithValues            // names and values take turns
)

// rowsOf has the rows of the rules with a fault, a keyword or a check of their own.
var rowsOf = map[class]map[string]row{
	OfValues: {
		"min": bounded(atLeast, "min", "at least", "not be in the past", "minimum"),
		"gte": bounded(atLeast, "min", "at least", "not be in the past", "minimum"),
		"gt":  bounded(moreThan, "exclusive_min", "more than", "be in the future", "exclusiveMinimum"),
		"max": bounded(atMost, "max", "at most", "not be in the future", "maximum"),
		"lte": bounded(atMost, "max", "at most", "not be in the future", "maximum"),
		"lt":  bounded(lessThan, "exclusive_max", "less than", "be in the past", "exclusiveMaximum"),
		"len": {Bound: Exactly, Code: "const", message: "must be %", Counts: "must have exactly % ", Param: "const", Keyword: "const"},
		"eq":  {Bound: Exactly, Code: "const", message: "must be %", Counts: "must have exactly % ", Param: "const", Keyword: "const"},
		"ne":  {Bound: OtherThan, Code: "not", message: "must not be %", Param: "not"},

		"oneof":  {Code: "enum", message: "must be one of the allowed values", Param: "allowed", Example: "oneof=a b"},
		"noneof": forbidding("noneof=a b"),
		"unique": {Code: "unique_items", message: "must not have an item twice"},

		"isdefault": {Code: "zero", message: "must be zero or empty"},

		"numeric":      {Code: "pattern", message: "must be numeric", Keyword: "pattern", Value: `^[-+]?[0-9]+(?:\.[0-9]+)?$`},
		"number":       {Code: "pattern", message: "must have digits only", Keyword: "pattern", Value: "^[0-9]+$"},
		"json":         {Code: "format_json", message: "must be JSON", Keyword: "contentMediaType", Value: "application/json"},
		"credit_card":  {Code: "format_card", message: "must be a card number"},
		"country_code": {Code: "format_country", message: "must be a country code"},
		"latitude":     {Code: "format_latitude", message: "must be a latitude"},
		"longitude":    {Code: "format_longitude", message: "must be a longitude"},

		"eqfield":       comparison("be equal to", "be equal to"),
		"nefield":       comparison("not be equal to", "not be equal to"),
		"gtfield":       comparison("be more than", "be after"),
		"gtefield":      comparison("not be less than", "not be before"),
		"ltfield":       comparison("be less than", "be before"),
		"ltefield":      comparison("not be more than", "not be after"),
		"fieldcontains": comparison("contain the text of", ""),
		"fieldexcludes": comparison("not contain the text of", ""),

		"required_if":          presence("required", WithValues, plan.All, "of the value of another member"),
		"required_unless":      presence("required", WithValues, plan.None, "of the value of another member"),
		"required_with":        presence("required", allFields, plan.Any, "another member is there"),
		"required_with_all":    presence("required", allFields, plan.All, "other members are there"),
		"required_without":     presence("required", allFields, plan.NotAll, "another member is absent"),
		"required_without_all": presence("required", allFields, plan.None, "other members are absent"),
		"excluded_if":          presence("excluded", WithValues, plan.All, "of the value of another member"),
		"excluded_unless":      presence("excluded", WithValues, plan.None, "of the value of another member"),
		"excluded_with":        presence("excluded", allFields, plan.Any, "another member is there"),
		"excluded_with_all":    presence("excluded", allFields, plan.All, "other members are there"),
		"excluded_without":     presence("excluded", allFields, plan.NotAll, "another member is absent"),
		"excluded_without_all": presence("excluded", allFields, plan.None, "other members are absent"),
	},
	OfText: {
		"oneofci":       {Code: "enum", message: "must be one of the allowed values", Param: "allowed", Example: "oneofci=a b"},
		"noneofci":      forbidding("noneofci=a b"),
		"contains":      affix("contains", "contain", "%", "contains=@"),
		"containsany":   {Code: "contains_any", message: "must contain one of %", Param: "value", Example: "containsany=!?"},
		"containsrune":  {Code: "contains", message: "must contain %", Param: "value", Example: "containsrune=@"},
		"excludes":      {Code: "excludes", message: "must not contain %", Param: "value", Example: "excludes=@"},
		"excludesall":   {Code: "excludes_any", message: "must contain none of %", Param: "value", Example: "excludesall=!?"},
		"excludesrune":  {Code: "excludes", message: "must not contain %", Param: "value", Example: "excludesrune=@"},
		"startswith":    affix("prefix", "begin with", "^%", "startswith=a"),
		"endswith":      affix("suffix", "end with", "%$", "endswith=z"),
		"startsnotwith": {Code: "not_prefix", message: "must not begin with %", Param: "value", Example: "startsnotwith=a"},
		"endsnotwith":   {Code: "not_suffix", message: "must not end with %", Param: "value", Example: "endsnotwith=z"},

		"eq_ignore_case": {Code: "const", message: "must be %", Param: "const"},
		"ne_ignore_case": {Code: "not", message: "must not be %", Param: "not"},

		"alpha":       {Code: "pattern", message: "must have letters only", Keyword: "pattern", Value: "^[a-zA-Z]+$"},
		"alphanum":    {Code: "pattern", message: "must have letters and digits only", Keyword: "pattern", Value: "^[a-zA-Z0-9]+$"},
		"ascii":       {Code: "pattern", message: "must have ASCII characters only", Keyword: "pattern", Value: `^[\x00-\x7F]*$`},
		"printascii":  {Code: "pattern", message: "must have printable ASCII characters only", Keyword: "pattern", Value: `^[\x20-\x7E]*$`},
		"hexadecimal": {Code: "pattern", message: "must be hexadecimal", Keyword: "pattern", Value: "^(?:0[xX])?[0-9a-fA-F]+$"},
		"hexcolor":    {Code: "pattern", message: "must be a hexadecimal color"},
		"lowercase":   {Code: "pattern", message: "must be in lower case"},
		"uppercase":   {Code: "pattern", message: "must be in upper case"},

		"email":              {Code: "format_email", message: "must be an e-mail address", Keyword: "format", Value: "email"},
		"url":                {Code: "format_url", message: "must be a URL", Keyword: "format", Value: "uri"},
		"http_url":           {Code: "format_url", message: "must be a URL with http or https", Keyword: "format", Value: "uri"},
		"https_url":          {Code: "format_url", message: "must be a URL with https", Keyword: "format", Value: "uri"},
		"uri":                {Code: "format_uri", message: "must be a URI", Keyword: "format", Value: "uri"},
		"ip":                 {Code: "format_ip", message: "must be an IP address"},
		"ipv4":               {Code: "format_ipv4", message: "must be an IPv4 address", Keyword: "format", Value: "ipv4"},
		"ipv6":               {Code: "format_ipv6", message: "must be an IPv6 address", Keyword: "format", Value: "ipv6"},
		"cidr":               {Code: "format_cidr", message: "must be an IP prefix"},
		"hostname":           {Code: "format_hostname", message: "must be a host name", Keyword: "format", Value: "hostname"},
		"hostname_rfc1123":   {Code: "format_hostname", message: "must be a host name", Keyword: "format", Value: "hostname"},
		"fqdn":               {Code: "format_hostname", message: "must be a full domain name", Keyword: "format", Value: "hostname"},
		"e164":               {Code: "format_phone", message: "must be a phone number with + and country code"},
		"datetime":           {Code: "format_date_time", message: "must be a date in the expected format", Example: "datetime=2006-01-02"},
		"base64":             {Code: "format_base64", message: "must be base64", Keyword: "contentEncoding", Value: "base64"},
		"base64url":          {Code: "format_base64", message: "must be base64url"},
		"base64rawurl":       {Code: "format_base64", message: "must be base64url without padding"},
		"jwt":                {Code: "format_jwt", message: "must be a JWT"},
		"semver":             {Code: "format_semver", message: "must be a semantic version"},
		"iso4217":            {Code: "format_currency", message: "must be a currency code"},
		"iso3166_1_alpha2":   {Code: "format_country", message: "must be a country code of two letters"},
		"bcp47_language_tag": {Code: "format_language", message: "must be a language tag"},

		"postcode_iso3166_alpha2_field": { // the parameter names the field of the country
			Fields: allFields, Code: "format_postcode", message: "must be a postal code of the country",
		},
	},
	OfStringers: {
		"uuid": uuidRow, "uuid3": uuidRow, "uuid4": uuidRow, "uuid5": uuidRow, "uuid7": uuidRow,
		"uuid_rfc4122": uuidRow, "uuid3_rfc4122": uuidRow, "uuid4_rfc4122": uuidRow, "uuid5_rfc4122": uuidRow,
		"ulid": {Code: "format_ulid", message: "must be a ULID"},
	},
}

// bounded returns the row of a bound on a number, a time or a count of things. The
// code of the fault is also the name of its parameter.
func bounded(b bound, code, than, times, keyword string) row {
	return row{
		Bound: b, Code: code, Param: code, Keyword: keyword,
		message: "must be " + than + " %",
		times:   "must " + times,
		Counts:  "must have " + strings.Replace(than, "less", "fewer", 1) + " % ",
	}
}

// comparison returns the row of a rule that compares the field with another one.
func comparison(verb, timesVerb string) row {
	return row{
		Fields: OneField, Code: "compare",
		message: "must " + verb + " another member",
		times:   "must " + timesVerb + " another member",
	}
}

// presence returns the row of a rule about which fields were sent.
func presence(code string, fields fieldNames, when plan.When, because string) row {
	message := "is required because "
	if code == "excluded" {
		message = "is not allowed because "
	}
	return row{Fields: fields, When: when, Code: code, message: message + because}
}

// forbidding returns the row of a rule that refuses some values.
func forbidding(example string) row {
	return row{Code: "not_enum", message: "must not be one of the forbidden values", Param: "forbidden", Example: example}
}

// affix returns the row of a rule that requires the parameter as a part of the text.
func affix(code, verb, pattern, example string) row {
	return row{Code: code, message: "must " + verb + " %", Param: "value", Keyword: "pattern", Value: pattern, Example: example}
}

var uuidRow = row{Code: "format_uuid", message: "must be a UUID", Keyword: "format", Value: "uuid"}

// formsOf has the names of the rules about a form of text or of a number. The code of a rule
// here is format_ and its name. Every rule that clients may run takes at most linear time on a
// string.
var formsOf = map[class]string{
	OfValues: "boolean port luhn_checksum eu_country_code iso3166_1_alpha_numeric iso3166_1_alpha_numeric_eu iso4217_numeric",
	OfText: "alphaspace alphanumspace alphaunicode alphanumunicode multibyte " +
		"rgb rgba hsl hsla cmyk iscolor ssn ein origin urn_rfc8141 urn_rfc2141 datauri base32 html html_encoded url_encoded " +
		"isbn isbn10 isbn13 issn eth_addr eth_addr_checksum btc_addr btc_addr_bech32 " +
		"md4 md5 sha256 sha384 sha512 ripemd128 ripemd160 tiger128 tiger160 tiger192 cidrv4 cidrv6 mac " +
		"hostname_label hostname_port dns_rfc1035_label duration cron cve mongodb mongodb_connection_string spicedb " +
		"iso3166_1_alpha2_eu iso3166_1_alpha3 iso3166_1_alpha3_eu iso3166_2 " +
		"bcp47_strict_language_tag postcode_iso3166_alpha2 bic bic_iso_9362_2014",
}

// namesOf has the names of the rules without a fault of their own.
var namesOf = map[class]string{
	OfValues:    "dive keys endkeys omitempty omitnil omitzero validateFn required",
	Unsupported: "skip_unless structonly nostructlevel eqcsfield necsfield gtcsfield gtecsfield ltcsfield ltecsfield",
	Outside: "file filepath dir dirpath image mimetype timezone uds_exists " +
		"tcp_addr tcp4_addr tcp6_addr udp_addr udp4_addr udp6_addr ip_addr ip4_addr ip6_addr unix_addr",
}

// Table has a row for every rule of the validator, its aliases too.
var Table = func() map[string]row {
	all := map[string]row{}
	for class, rows := range rowsOf {
		for name, r := range rows {
			r.Class = class
			all[name] = r
		}
	}
	for class, names := range formsOf {
		for _, name := range strings.Fields(names) {
			all[name] = row{Class: class, Code: "format_" + name, message: "must be of the form " + name}
		}
	}
	for class, names := range namesOf {
		for _, name := range strings.Fields(names) {
			all[name] = row{Class: class}
		}
	}
	return all
}()

// AboutPresence reports whether one of the alternatives of r depends on which fields were
// sent.
func AboutPresence(r plan.Rule) bool {
	return slices.ContainsFunc(r.Alternatives, func(r plan.Rule) bool { return IsPresence(r.Name) })
}

// IsPresence reports whether the rule of that name depends on which fields were sent. The
// scan and the binder run such rules, because the validator takes a zero for an absent field.
func IsPresence(name string) bool {
	code := Table[name].Code
	return code == "required" || code == "excluded"
}
