// Package parts asks about what a Config is given: values of types that the
// package which compiles it does not know.
package parts

// A Header is the name of the one request header that a value reads, in
// canonical form. A type says so by embedding it under a name that is not
// exported. Its method is of this package alone, so the users of that type see
// nothing of it, and no type elsewhere can say it by accident.
type Header string

func (h Header) header() string { return string(h) }

// HeaderOf returns the Header that is embedded in v, at whatever depth.
func HeaderOf(v any) (name string, ok bool) {
	h, ok := v.(interface{ header() string })
	if !ok {
		return "", false
	}
	return h.header(), true
}
