package validate

import "strings"

// A row is what this package knows of one rule of the validator. A rule without a row
// is refused: a later version may bring rules that nobody has looked at.
type row struct {
	class  class
	bound  bound      // of min, max and the like
	fields fieldNames // what the parameter names

	// The fault of a broken rule; without a code it is "invalid". A "%" in a message
	// stands for the parameter of the rule, which is a constant of the schema. times is
	// the message for a time.Time, counts the one for a number of things.
	code, message, times, counts string
	param                        string // what the fault calls the parameter

	// What JSON Schema says. A "%" in the value stands for the parameter as a pattern.
	keyword, value string

	example string // the rule with a parameter, if it says nothing without one
}

// fieldNames tells what of the parameter of a rule names other fields of the struct.
type fieldNames uint8

const (
	noField    fieldNames = iota
	oneField              // the parameter is one
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

// step returns how many words of the parameter there are for each name.
func (f fieldNames) step() int {
	if f == withValues {
		return 2
	}
	return 1
}

// rowsOf has the rules that a fault, a schema or a check of New says more of.
var rowsOf = map[class]map[string]row{
	ofValues: {
		"min": {bound: atLeast, code: "min", message: "must be at least %", times: "must not be in the past", counts: "must have at least % ", param: "min", keyword: "minimum"},
		"gte": {bound: atLeast, code: "min", message: "must be at least %", times: "must not be in the past", counts: "must have at least % ", param: "min", keyword: "minimum"},
		"gt":  {bound: moreThan, code: "exclusive_min", message: "must be more than %", times: "must be in the future", counts: "must have more than % ", param: "exclusive_min", keyword: "exclusiveMinimum"},
		"max": {bound: atMost, code: "max", message: "must be at most %", times: "must not be in the future", counts: "must have at most % ", param: "max", keyword: "maximum"},
		"lte": {bound: atMost, code: "max", message: "must be at most %", times: "must not be in the future", counts: "must have at most % ", param: "max", keyword: "maximum"},
		"lt":  {bound: lessThan, code: "exclusive_max", message: "must be less than %", times: "must be in the past", counts: "must have fewer than % ", param: "exclusive_max", keyword: "exclusiveMaximum"},
		"len": {bound: exactly, code: "const", message: "must be %", counts: "must have exactly % ", param: "const", keyword: "const"},
		"eq":  {bound: exactly, code: "const", message: "must be %", counts: "must have exactly % ", param: "const", keyword: "const"},
		"ne":  {bound: otherThan, code: "not", message: "must not be %", param: "not"},

		"oneof":  {code: "enum", message: ofAllowed, param: "allowed", example: "oneof=a b"},
		"noneof": {example: "noneof=a b"},
		"unique": {code: "unique_items", message: "must not have an item twice"},

		"numeric":      {code: "pattern", message: "must be numeric", keyword: "pattern", value: `^[-+]?[0-9]+(?:\.[0-9]+)?$`},
		"number":       {code: "pattern", message: "must have digits only", keyword: "pattern", value: "^[0-9]+$"},
		"json":         {code: "format_json", message: "must be JSON", keyword: "contentMediaType", value: "application/json"},
		"credit_card":  {code: "format_card", message: "must be a card number"},
		"country_code": {code: "format_country", message: "must be a country code"},
		"latitude":     {code: "format_latitude", message: "must be a latitude"},
		"longitude":    {code: "format_longitude", message: "must be a longitude"},

		"eqfield":       {fields: oneField, code: "compare", message: "must be equal to another member", times: "must be equal to another member"},
		"nefield":       {fields: oneField, code: "compare", message: "must not be equal to another member", times: "must not be equal to another member"},
		"gtfield":       {fields: oneField, code: "compare", message: "must be more than another member", times: "must be after another member"},
		"gtefield":      {fields: oneField, code: "compare", message: "must not be less than another member", times: "must not be before another member"},
		"ltfield":       {fields: oneField, code: "compare", message: "must be less than another member", times: "must be before another member"},
		"ltefield":      {fields: oneField, code: "compare", message: "must not be more than another member", times: "must not be after another member"},
		"fieldcontains": {fields: oneField, code: "compare", message: "must contain the text of another member"},
		"fieldexcludes": {fields: oneField, code: "compare", message: "must not contain the text of another member"},

		"required_if":          {fields: withValues, code: "required", message: required + byValue},
		"required_unless":      {fields: withValues, code: "required", message: required + byValue},
		"required_with":        {fields: allFields, code: "required", message: required + isThere},
		"required_with_all":    {fields: allFields, code: "required", message: required + areThere},
		"required_without":     {fields: allFields, code: "required", message: required + isAbsent},
		"required_without_all": {fields: allFields, code: "required", message: required + areAbsent},
		"excluded_if":          {fields: withValues, code: "excluded", message: notAllowed + byValue},
		"excluded_unless":      {fields: withValues, code: "excluded", message: notAllowed + byValue},
		"excluded_with":        {fields: allFields, code: "excluded", message: notAllowed + isThere},
		"excluded_with_all":    {fields: allFields, code: "excluded", message: notAllowed + areThere},
		"excluded_without":     {fields: allFields, code: "excluded", message: notAllowed + isAbsent},
		"excluded_without_all": {fields: allFields, code: "excluded", message: notAllowed + areAbsent},
		"skip_unless":          {fields: withValues},
	},
	ofText: {
		"oneofci":       {code: "enum", message: ofAllowed, param: "allowed", example: "oneofci=a b"},
		"noneofci":      {example: "noneofci=a b"},
		"contains":      {code: "contains", message: "must contain %", param: "value", keyword: "pattern", value: "%", example: "contains=@"},
		"containsany":   {example: "containsany=!?"},
		"containsrune":  {example: "containsrune=@"},
		"excludes":      {code: "excludes", message: "must not contain %", param: "value", example: "excludes=@"},
		"excludesall":   {example: "excludesall=!?"},
		"excludesrune":  {example: "excludesrune=@"},
		"startswith":    {code: "prefix", message: "must begin with %", param: "value", keyword: "pattern", value: "^%", example: "startswith=a"},
		"endswith":      {code: "suffix", message: "must end with %", param: "value", keyword: "pattern", value: "%$", example: "endswith=z"},
		"startsnotwith": {example: "startsnotwith=a"},
		"endsnotwith":   {example: "endsnotwith=z"},

		"alpha":       {code: "pattern", message: "must have letters only", keyword: "pattern", value: "^[a-zA-Z]+$"},
		"alphanum":    {code: "pattern", message: "must have letters and digits only", keyword: "pattern", value: "^[a-zA-Z0-9]+$"},
		"ascii":       {code: "pattern", message: "must have ASCII characters only", keyword: "pattern", value: `^[\x00-\x7F]*$`},
		"printascii":  {code: "pattern", message: "must have printable ASCII characters only", keyword: "pattern", value: `^[\x20-\x7E]*$`},
		"hexadecimal": {code: "pattern", message: "must be hexadecimal", keyword: "pattern", value: "^(?:0[xX])?[0-9a-fA-F]+$"},
		"hexcolor":    {code: "pattern", message: "must be a hexadecimal color"},
		"lowercase":   {code: "pattern", message: "must be in lower case"},
		"uppercase":   {code: "pattern", message: "must be in upper case"},

		"email":              {code: "format_email", message: "must be an e-mail address", keyword: "format", value: "email"},
		"url":                {code: "format_url", message: "must be a URL", keyword: "format", value: "uri"},
		"http_url":           {code: "format_url", message: "must be a URL with http or https", keyword: "format", value: "uri"},
		"https_url":          {code: "format_url", message: "must be a URL with https", keyword: "format", value: "uri"},
		"uri":                {code: "format_uri", message: "must be a URI", keyword: "format", value: "uri"},
		"ip":                 {code: "format_ip", message: "must be an IP address"},
		"ipv4":               {code: "format_ipv4", message: "must be an IPv4 address", keyword: "format", value: "ipv4"},
		"ipv6":               {code: "format_ipv6", message: "must be an IPv6 address", keyword: "format", value: "ipv6"},
		"cidr":               {code: "format_cidr", message: "must be an IP prefix"},
		"hostname":           {code: "format_hostname", message: "must be a host name", keyword: "format", value: "hostname"},
		"hostname_rfc1123":   {code: "format_hostname", message: "must be a host name", keyword: "format", value: "hostname"},
		"fqdn":               {code: "format_hostname", message: "must be a full domain name", keyword: "format", value: "hostname"},
		"e164":               {code: "format_phone", message: "must be a phone number with + and country code"},
		"datetime":           {code: "format_date_time", message: "must be a date in the expected format", example: "datetime=2006-01-02"},
		"base64":             {code: "format_base64", message: "must be base64", keyword: "contentEncoding", value: "base64"},
		"base64url":          {code: "format_base64", message: "must be base64url"},
		"base64rawurl":       {code: "format_base64", message: "must be base64url without padding"},
		"jwt":                {code: "format_jwt", message: "must be a JWT"},
		"semver":             {code: "format_semver", message: "must be a semantic version"},
		"iso4217":            {code: "format_currency", message: "must be a currency code"},
		"iso3166_1_alpha2":   {code: "format_country", message: "must be a country code of two letters"},
		"bcp47_language_tag": {code: "format_language", message: "must be a language tag"},

		"postcode_iso3166_alpha2_field": {fields: allFields}, // the country
	},
	ofStringers: {
		"uuid": uuidRow, "uuid3": uuidRow, "uuid4": uuidRow, "uuid5": uuidRow, "uuid7": uuidRow,
		"uuid_rfc4122": uuidRow, "uuid3_rfc4122": uuidRow, "uuid4_rfc4122": uuidRow, "uuid5_rfc4122": uuidRow,
		"ulid": {code: "format_ulid", message: "must be a ULID"},
	},
}

var uuidRow = row{code: "format_uuid", message: "must be a UUID", keyword: "format", value: "uuid"}

// namesOf has the other rules. None of those that are admitted takes more than linear
// time on a string.
var namesOf = map[class]string{
	ofValues: "dive keys endkeys omitempty omitnil omitzero structonly nostructlevel isdefault validateFn required " +
		"boolean port luhn_checksum eu_country_code iso3166_1_alpha_numeric iso3166_1_alpha_numeric_eu iso4217_numeric",
	ofText: "alphaspace alphanumspace alphaunicode alphanumunicode multibyte eq_ignore_case ne_ignore_case " +
		"rgb rgba hsl hsla cmyk iscolor ssn ein origin urn_rfc8141 urn_rfc2141 datauri base32 html html_encoded url_encoded " +
		"isbn isbn10 isbn13 issn eth_addr eth_addr_checksum btc_addr btc_addr_bech32 " +
		"md4 md5 sha256 sha384 sha512 ripemd128 ripemd160 tiger128 tiger160 tiger192 cidrv4 cidrv6 mac " +
		"hostname_label hostname_port dns_rfc1035_label duration cron cve mongodb mongodb_connection_string spicedb " +
		"iso3166_1_alpha2_eu iso3166_1_alpha3 iso3166_1_alpha3_eu iso3166_2 " +
		"bcp47_strict_language_tag postcode_iso3166_alpha2 bic bic_iso_9362_2014",
	ofOthers: "eqcsfield necsfield gtcsfield gtecsfield ltcsfield ltecsfield",
	outside: "file filepath dir dirpath image mimetype timezone uds_exists " +
		"tcp_addr tcp4_addr tcp6_addr udp_addr udp4_addr udp6_addr ip_addr ip4_addr ip6_addr unix_addr",
}

// table has a row for every rule of the validator, its aliases too.
var table = func() map[string]row {
	all := map[string]row{}
	for class, rows := range rowsOf {
		for name, r := range rows {
			r.class = class
			all[name] = r
		}
	}
	for class, names := range namesOf {
		for _, name := range strings.Fields(names) {
			all[name] = row{class: class}
		}
	}
	return all
}()
