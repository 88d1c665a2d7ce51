package validate

import "regexp"

// textKeywords returns the keywords of a rule about text that are not its length.
func (x *exporter) textKeywords(name, param string) keywords {
	if r := x.own[name]; r != nil && r.expr != nil {
		if p, ok := ecmaPattern(r.expr); ok {
			return keywords{"pattern": "^(?:" + p + ")$"}
		}
		return keywords{}
	}
	if f, ok := formats[name]; ok {
		return keywords{"format": f}
	}
	if p, ok := patterns[name]; ok {
		return keywords{"pattern": p}
	}
	switch name {
	case "eq":
		return keywords{"const": param}
	case "ne":
		return keywords{"not": keywords{"const": param}}
	case "oneof":
		return keywords{"enum": choices(param)}
	case "contains":
		return keywords{"pattern": regexp.QuoteMeta(param)}
	case "startswith":
		return keywords{"pattern": "^" + regexp.QuoteMeta(param)}
	case "endswith":
		return keywords{"pattern": regexp.QuoteMeta(param) + "$"}
	case "datetime":
		switch param {
		case "2006-01-02":
			return keywords{"format": "date"}
		case "2006-01-02T15:04:05Z07:00":
			return keywords{"format": "date-time"}
		}
	case "json":
		return keywords{"contentMediaType": "application/json"}
	case "base64":
		return keywords{"contentEncoding": "base64"}
	}
	return nil
}

var formats = map[string]string{
	"email": "email", "url": "uri", "http_url": "uri", "https_url": "uri", "uri": "uri",
	"ipv4": "ipv4", "ipv6": "ipv6", "hostname": "hostname", "hostname_rfc1123": "hostname", "fqdn": "hostname",
	"uuid": "uuid", "uuid3": "uuid", "uuid4": "uuid", "uuid5": "uuid", "uuid7": "uuid",
	"uuid_rfc4122": "uuid", "uuid3_rfc4122": "uuid", "uuid4_rfc4122": "uuid", "uuid5_rfc4122": "uuid",
}

// patterns are those of the validator, as far as they are short.
var patterns = map[string]string{
	"alpha": "^[a-zA-Z]+$", "alphanum": "^[a-zA-Z0-9]+$", "number": "^[0-9]+$", "hexadecimal": "^(?:0[xX])?[0-9a-fA-F]+$",
	"numeric": `^[-+]?[0-9]+(?:\.[0-9]+)?$`, "ascii": `^[\x00-\x7F]*$`, "printascii": `^[\x20-\x7E]*$`,
}
