package validate

import (
	"fmt"
	"reflect"
)

// A class is what this package has to know of a rule of the validator before
// it lets clients run it.
type class uint8

const (
	// ofValues are rules that panic at a type that they cannot judge, so that
	// the dry run finds where they do not belong.
	ofValues class = iota + 1

	// ofText are rules that look at strings alone. Of other values most of
	// them see only what reflect.Value.String says, "<int Value>", and so say
	// the same of all: no request passes, or each one does.
	ofText

	// ofStringers are rules of text that also take what has a method String.
	ofStringers

	// ofOthers are rules that compare with a field of the outermost struct. The
	// validator is asked about one struct at a time, so there is none.
	ofOthers

	// outside are rules that ask the file system or a name server about what
	// the client sent: that is slow, and tells the client what there is.
	// timezone opens a file of the name sent, below a directory of zones.
	outside
)

// isText reports whether rules of text can judge values of type t.
func isText(t reflect.Type, stringers bool) bool {
	return t.Kind() == reflect.String || isValuer(t) || stringers && t.Implements(reflect.TypeFor[fmt.Stringer]())
}

// classes has every rule of the validator, its aliases too. What is not here is
// refused: a later version may bring rules that nobody has looked at. None of
// those that are admitted takes more than linear time on a string.
var classes = func() map[string]class {
	m := map[string]class{}
	for class, rules := range map[class][]string{
		ofValues: {
			"dive", "keys", "endkeys", "omitempty", "omitnil", "omitzero", "structonly", "nostructlevel", "isdefault", "validateFn",
			"required", "required_if", "required_unless", "required_with", "required_with_all", "required_without", "required_without_all",
			"excluded_if", "excluded_unless", "excluded_with", "excluded_with_all", "excluded_without", "excluded_without_all", "skip_unless",
			"eqfield", "nefield", "gtfield", "gtefield", "ltfield", "ltefield", "fieldcontains", "fieldexcludes",
			"len", "min", "max", "eq", "ne", "lt", "lte", "gt", "gte", "unique", "oneof", "noneof",
			"boolean", "numeric", "number", "latitude", "longitude", "port", "json", "credit_card", "luhn_checksum",
			"country_code", "eu_country_code", "iso3166_1_alpha_numeric", "iso3166_1_alpha_numeric_eu", "iso4217_numeric",
		},
		ofText: {
			"alpha", "alphaspace", "alphanum", "alphanumspace", "alphaunicode", "alphanumunicode", "ascii", "printascii", "multibyte",
			"lowercase", "uppercase", "eq_ignore_case", "ne_ignore_case", "oneofci", "noneofci",
			"contains", "containsany", "containsrune", "excludes", "excludesall", "excludesrune",
			"startswith", "endswith", "startsnotwith", "endsnotwith",
			"hexadecimal", "hexcolor", "rgb", "rgba", "hsl", "hsla", "cmyk", "iscolor",
			"email", "e164", "ssn", "ein", "url", "http_url", "https_url", "uri", "origin", "urn_rfc8141", "urn_rfc2141", "datauri",
			"base32", "base64", "base64url", "base64rawurl", "html", "html_encoded", "url_encoded", "jwt",
			"isbn", "isbn10", "isbn13", "issn", "eth_addr", "eth_addr_checksum", "btc_addr", "btc_addr_bech32",
			"md4", "md5", "sha256", "sha384", "sha512", "ripemd128", "ripemd160", "tiger128", "tiger160", "tiger192",
			"ip", "ipv4", "ipv6", "cidr", "cidrv4", "cidrv6", "mac",
			"hostname", "hostname_rfc1123", "hostname_label", "hostname_port", "fqdn", "dns_rfc1035_label",
			"datetime", "duration", "cron", "semver", "cve", "mongodb", "mongodb_connection_string", "spicedb",
			"iso3166_1_alpha2", "iso3166_1_alpha2_eu", "iso3166_1_alpha3", "iso3166_1_alpha3_eu", "iso3166_2", "iso4217",
			"bcp47_language_tag", "bcp47_strict_language_tag", "postcode_iso3166_alpha2", "postcode_iso3166_alpha2_field",
			"bic", "bic_iso_9362_2014",
		},
		ofStringers: {
			"uuid", "uuid3", "uuid4", "uuid5", "uuid7", "uuid_rfc4122", "uuid3_rfc4122", "uuid4_rfc4122", "uuid5_rfc4122", "ulid",
		},
		ofOthers: {"eqcsfield", "necsfield", "gtcsfield", "gtecsfield", "ltcsfield", "ltecsfield"},
		outside: {
			"file", "filepath", "dir", "dirpath", "image", "mimetype", "timezone", "uds_exists",
			"tcp_addr", "tcp4_addr", "tcp6_addr", "udp_addr", "udp4_addr", "udp6_addr", "ip_addr", "ip4_addr", "ip6_addr", "unix_addr",
		},
	} {
		for _, rule := range rules {
			m[rule] = class
		}
	}
	return m
}()
