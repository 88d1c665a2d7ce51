// Package rule says what each rule of a validate tag means: its class, its fault and its
// keyword in JSON Schema, and how bounds, patterns and rules of a Config are read.
package rule

import (
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// A class is what this package has to know of a rule of the validator before
// it lets clients run it.
type class uint8

const (
	// OfValues are rules that panic at a type that they cannot judge, so that
	// the dry run finds where they do not belong.
	OfValues class = iota + 1

	// OfText are rules that look at strings alone. Of other values most of
	// them see only what reflect.Value.String says, "<int Value>", and so say
	// the same of all: no request passes, or each one does.
	OfText

	// OfStringers are rules of text that also take what has a method String.
	OfStringers

	// Unsupported are rules that decide whether other rules are run, in ways that the visits
	// and the schema would have to follow, and rules that compare with a field of the
	// outermost struct: the validator is asked about one struct at a time, so there is none.
	Unsupported

	// outside are rules that ask the file system or a name server about what
	// the client sent: that is slow, and tells the client what there is.
	// timezone opens a file of the name sent, below a directory of zones.
	Outside
)

// A row is what this package knows of one rule of the validator. A rule without a row
// is refused: a later version may bring rules that nobody has looked at.
type row struct {
	Class  class
	Bound  bound      // of min, max and the like
	Fields fieldNames // what the parameter names
	When   plan.When  // of required_if and the like: which of these make it hold

	// The fault of a broken rule; without a code it is "invalid". A "%" in a message
	// stands for the parameter of the rule, which is a constant of the schema. times is
	// the message for a time.Time, counts the one for a number of things.
	Code, message, times, Counts string
	Param                        string // what the fault calls the parameter

	// What JSON Schema says. A "%" in the value stands for the parameter as a pattern.
	Keyword, Value string

	Example string // the rule with a parameter, if it says nothing without one
}

// fieldNames tells what of the parameter of a rule names other fields of the struct.
type fieldNames uint8

const (
	NoField    fieldNames = iota
	OneField              // the parameter is one
	allFields             // each word is one
	withValues            // each second word is one, and a value follows
)

const (
	byValue    = " because of the value of another member"
	isThere    = " because another member is there"
	areThere   = " because other members are there"
	isAbsent   = " because another member is absent"
	areAbsent  = " because other members are absent"
	required   = "is required"
	notAllowed = "is not allowed"
	ofAllowed  = "must be one of the allowed values"
)

// Step returns how many words of the parameter there are for each name.
func (f fieldNames) Step() int {
	if f == withValues {
		return 2
	}
	return 1
}

// rowsOf has the rules that a fault, a schema or a check of New says more of.
var rowsOf = map[class]map[string]row{
	OfValues: {
		"min": {Bound: atLeast, Code: "min", message: "must be at least %", times: "must not be in the past", Counts: "must have at least % ", Param: "min", Keyword: "minimum"},
		"gte": {Bound: atLeast, Code: "min", message: "must be at least %", times: "must not be in the past", Counts: "must have at least % ", Param: "min", Keyword: "minimum"},
		"gt":  {Bound: moreThan, Code: "exclusive_min", message: "must be more than %", times: "must be in the future", Counts: "must have more than % ", Param: "exclusive_min", Keyword: "exclusiveMinimum"},
		"max": {Bound: atMost, Code: "max", message: "must be at most %", times: "must not be in the future", Counts: "must have at most % ", Param: "max", Keyword: "maximum"},
		"lte": {Bound: atMost, Code: "max", message: "must be at most %", times: "must not be in the future", Counts: "must have at most % ", Param: "max", Keyword: "maximum"},
		"lt":  {Bound: lessThan, Code: "exclusive_max", message: "must be less than %", times: "must be in the past", Counts: "must have fewer than % ", Param: "exclusive_max", Keyword: "exclusiveMaximum"},
		"len": {Bound: Exactly, Code: "const", message: "must be %", Counts: "must have exactly % ", Param: "const", Keyword: "const"},
		"eq":  {Bound: Exactly, Code: "const", message: "must be %", Counts: "must have exactly % ", Param: "const", Keyword: "const"},
		"ne":  {Bound: OtherThan, Code: "not", message: "must not be %", Param: "not"},

		"oneof":  {Code: "enum", message: ofAllowed, Param: "allowed", Example: "oneof=a b"},
		"noneof": {Example: "noneof=a b"},
		"unique": {Code: "unique_items", message: "must not have an item twice"},

		"numeric":      {Code: "pattern", message: "must be numeric", Keyword: "pattern", Value: `^[-+]?[0-9]+(?:\.[0-9]+)?$`},
		"number":       {Code: "pattern", message: "must have digits only", Keyword: "pattern", Value: "^[0-9]+$"},
		"json":         {Code: "format_json", message: "must be JSON", Keyword: "contentMediaType", Value: "application/json"},
		"credit_card":  {Code: "format_card", message: "must be a card number"},
		"country_code": {Code: "format_country", message: "must be a country code"},
		"latitude":     {Code: "format_latitude", message: "must be a latitude"},
		"longitude":    {Code: "format_longitude", message: "must be a longitude"},

		"eqfield":       {Fields: OneField, Code: "compare", message: "must be equal to another member", times: "must be equal to another member"},
		"nefield":       {Fields: OneField, Code: "compare", message: "must not be equal to another member", times: "must not be equal to another member"},
		"gtfield":       {Fields: OneField, Code: "compare", message: "must be more than another member", times: "must be after another member"},
		"gtefield":      {Fields: OneField, Code: "compare", message: "must not be less than another member", times: "must not be before another member"},
		"ltfield":       {Fields: OneField, Code: "compare", message: "must be less than another member", times: "must be before another member"},
		"ltefield":      {Fields: OneField, Code: "compare", message: "must not be more than another member", times: "must not be after another member"},
		"fieldcontains": {Fields: OneField, Code: "compare", message: "must contain the text of another member"},
		"fieldexcludes": {Fields: OneField, Code: "compare", message: "must not contain the text of another member"},

		"required_if":          {Fields: withValues, When: plan.All, Code: "required", message: required + byValue},
		"required_unless":      {Fields: withValues, When: plan.None, Code: "required", message: required + byValue},
		"required_with":        {Fields: allFields, When: plan.Any, Code: "required", message: required + isThere},
		"required_with_all":    {Fields: allFields, When: plan.All, Code: "required", message: required + areThere},
		"required_without":     {Fields: allFields, When: plan.NotAll, Code: "required", message: required + isAbsent},
		"required_without_all": {Fields: allFields, When: plan.None, Code: "required", message: required + areAbsent},
		"excluded_if":          {Fields: withValues, When: plan.All, Code: "excluded", message: notAllowed + byValue},
		"excluded_unless":      {Fields: withValues, When: plan.None, Code: "excluded", message: notAllowed + byValue},
		"excluded_with":        {Fields: allFields, When: plan.Any, Code: "excluded", message: notAllowed + isThere},
		"excluded_with_all":    {Fields: allFields, When: plan.All, Code: "excluded", message: notAllowed + areThere},
		"excluded_without":     {Fields: allFields, When: plan.NotAll, Code: "excluded", message: notAllowed + isAbsent},
		"excluded_without_all": {Fields: allFields, When: plan.None, Code: "excluded", message: notAllowed + areAbsent},
	},
	OfText: {
		"oneofci":       {Code: "enum", message: ofAllowed, Param: "allowed", Example: "oneofci=a b"},
		"noneofci":      {Example: "noneofci=a b"},
		"contains":      {Code: "contains", message: "must contain %", Param: "value", Keyword: "pattern", Value: "%", Example: "contains=@"},
		"containsany":   {Example: "containsany=!?"},
		"containsrune":  {Example: "containsrune=@"},
		"excludes":      {Code: "excludes", message: "must not contain %", Param: "value", Example: "excludes=@"},
		"excludesall":   {Example: "excludesall=!?"},
		"excludesrune":  {Example: "excludesrune=@"},
		"startswith":    {Code: "prefix", message: "must begin with %", Param: "value", Keyword: "pattern", Value: "^%", Example: "startswith=a"},
		"endswith":      {Code: "suffix", message: "must end with %", Param: "value", Keyword: "pattern", Value: "%$", Example: "endswith=z"},
		"startsnotwith": {Example: "startsnotwith=a"},
		"endsnotwith":   {Example: "endsnotwith=z"},

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

		"postcode_iso3166_alpha2_field": {Fields: allFields}, // the country
	},
	OfStringers: {
		"uuid": uuidRow, "uuid3": uuidRow, "uuid4": uuidRow, "uuid5": uuidRow, "uuid7": uuidRow,
		"uuid_rfc4122": uuidRow, "uuid3_rfc4122": uuidRow, "uuid4_rfc4122": uuidRow, "uuid5_rfc4122": uuidRow,
		"ulid": {Code: "format_ulid", message: "must be a ULID"},
	},
}

var uuidRow = row{Code: "format_uuid", message: "must be a UUID", Keyword: "format", Value: "uuid"}

// namesOf has the other rules. None of those that are admitted takes more than linear
// time on a string.
var namesOf = map[class]string{
	OfValues: "dive keys endkeys omitempty omitnil omitzero isdefault validateFn required " +
		"boolean port luhn_checksum eu_country_code iso3166_1_alpha_numeric iso3166_1_alpha_numeric_eu iso4217_numeric",
	OfText: "alphaspace alphanumspace alphaunicode alphanumunicode multibyte eq_ignore_case ne_ignore_case " +
		"rgb rgba hsl hsla cmyk iscolor ssn ein origin urn_rfc8141 urn_rfc2141 datauri base32 html html_encoded url_encoded " +
		"isbn isbn10 isbn13 issn eth_addr eth_addr_checksum btc_addr btc_addr_bech32 " +
		"md4 md5 sha256 sha384 sha512 ripemd128 ripemd160 tiger128 tiger160 tiger192 cidrv4 cidrv6 mac " +
		"hostname_label hostname_port dns_rfc1035_label duration cron cve mongodb mongodb_connection_string spicedb " +
		"iso3166_1_alpha2_eu iso3166_1_alpha3 iso3166_1_alpha3_eu iso3166_2 " +
		"bcp47_strict_language_tag postcode_iso3166_alpha2 bic bic_iso_9362_2014",
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
	for class, names := range namesOf {
		for _, name := range strings.Fields(names) {
			all[name] = row{Class: class}
		}
	}
	return all
}()

// AboutPresence reports whether one of the alternatives is about which fields were
// sent.
func AboutPresence(r plan.Rule) bool {
	return slices.ContainsFunc(r.Alternatives, func(r plan.Rule) bool { return IsPresence(r.Name) })
}

// IsPresence reports whether the rule of that name is about which fields were sent. The
// scan and the binder know it; the validator would take zero for absence.
func IsPresence(name string) bool {
	code := Table[name].Code
	return code == "required" || code == "excluded"
}
