package httperr

import "strings"

// ConfigError is one fault of a configuration. The New functions of all
// packages return every fault at once, joined by errors.Join.
type ConfigError struct {
	Package string // package that refused, such as "cors"
	Field   string // field of its Config, such as "Origins[2]"
	Value   string // the refused value, quoted as in Go; empty if missing or secret
	Reason  string // what is wrong with it
	Fix     string // what to write instead
}

// Error reads `cors: Origins[2]: "null": reason; fix`.
func (e *ConfigError) Error() string {
	var b strings.Builder
	b.WriteString(e.Package)
	for _, part := range []string{e.Field, e.Value, e.Reason} {
		if part != "" {
			b.WriteString(": ")
			b.WriteString(part)
		}
	}
	if e.Fix != "" {
		b.WriteString("; ")
		b.WriteString(e.Fix)
	}
	return b.String()
}
