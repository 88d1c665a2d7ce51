package safelog

import (
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/errors/safelog/internal/detect"
	"github.com/go-sallyport/sallyport/internal/carrier"
	"github.com/go-sallyport/sallyport/internal/nilcheck"
	"github.com/go-sallyport/sallyport/internal/sanitize"
)

// Config configures a [Handler]. The zero Config masks every kind of secret that
// the package knows.
type Config struct {
	_ [0]func()

	// Keys are sensitive keys of your own, in addition to the keys that are
	// always masked. Upper and lower case, separators and word forms do not
	// matter: "license_key" also covers LicenseKey, "license keys" and
	// old-license-key. Refused are keys without a letter, keys of more than 64
	// bytes, and keys with control characters.
	Keys []string

	// DangerouslyPlainKeys are complete keys whose values stay as they are, such
	// as "recipient": they are not masked because of their key, and not searched
	// for secrets, at any depth of groups and composites. Sensitive keys below
	// them are masked nevertheless, and control characters are removed. A key
	// that is also in Keys is refused.
	DangerouslyPlainKeys []string

	// MaxString is the length in bytes after which a string is cut: an
	// attribute, the message, or a string inside a composite. A whole composite
	// is cut after eight times that length. 0 is 2048; negative is refused.
	MaxString int

	// MaxAttrs bounds the attributes of one line, at all depths of groups. The
	// attributes of With count, the two IDs do not. The attribute
	// safelog_dropped has the number of dropped attributes. 0 is 64; negative is
	// refused.
	MaxAttrs int

	// MaxDepth bounds the depth of groups and composites. 0 is 10; negative and
	// more than 100 are refused.
	MaxDepth int

	// MaxNodes bounds, for one record, the sum of the values inside composites,
	// the groups and the calls of LogValue. A value beyond the limit becomes a
	// mark, or is counted in the attribute safelog_dropped. 0 is 1024; negative
	// is refused.
	MaxNodes int
}

// rules is a compiled Config. All handlers that With and WithGroup derive from
// one handler share it.
type rules struct {
	detector    *detect.Detector
	identifiers *detect.Detector // for values under identifying
	plain       *detect.Detector // for values under DangerouslyPlainKeys
	identifying []string         // carrier.IdentifyingKeys that are not in Keys, in normal form

	maxString int
	maxAttrs  int
	maxDepth  int
	maxNodes  int
	plans     sync.Map // reflect.Type to *plan
}

// New returns a handler that cleans records and passes them on to next. It
// returns all faults of the configuration at once, each as a
// *httperr.ConfigError. A nil next is a fault as well.
func New(next slog.Handler, cfg Config) (*Handler, error) {
	f := httperr.ConfigFaults{Package: "safelog"}
	if nilcheck.Nil(next) {
		f.Add("next", nil, "is nil", "give it the handler that writes, such as slog.NewJSONHandler(os.Stdout, nil)")
	}
	limit := func(field string, n, standard, most int) int {
		switch {
		case n < 0:
			f.Add(field, n, "is negative", "leave it at 0 for "+strconv.Itoa(standard)+", or choose a positive number")
		case n > most:
			f.Add(field, n, "is too large", "choose at most "+strconv.Itoa(most))
		case n == 0:
			return standard
		}
		return n
	}
	const unbounded = int(^uint(0)>>1) / 16 // the limits are multiplied, and must not overflow
	r := &rules{
		maxString: limit("MaxString", cfg.MaxString, 2<<10, unbounded),
		maxAttrs:  limit("MaxAttrs", cfg.MaxAttrs, 64, unbounded),
		// Deeper recursion would only help an attacker to exhaust the stack.
		maxDepth: limit("MaxDepth", cfg.MaxDepth, 10, 100),
		maxNodes: limit("MaxNodes", cfg.MaxNodes, 1024, unbounded),
	}
	extra := make(map[string]bool)
	for i, k := range cfg.Keys {
		if reason := keyFault(k); reason != "" {
			f.Add("Keys["+strconv.Itoa(i)+"]", k, reason, "write the name of an attribute, such as license_key")
			continue
		}
		extra[detect.Normal(k)] = true
	}
	for i, k := range cfg.DangerouslyPlainKeys {
		field := "DangerouslyPlainKeys[" + strconv.Itoa(i) + "]"
		if reason := keyFault(k); reason != "" {
			f.Add(field, k, reason, "write the complete name of an attribute, such as recipient")
		} else if extra[detect.Normal(k)] {
			f.Add(field, k, "is also in Keys", "decide for one of the two")
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	r.detector = detect.New(cfg.Keys, cfg.DangerouslyPlainKeys)
	r.identifiers, r.plain = r.detector.ForIdentifiers(), r.detector.ForPlain()
	for _, key := range carrier.IdentifyingKeys {
		if !r.detector.OwnKey(key) {
			r.identifying = append(r.identifying, detect.Normal(key))
		}
	}
	return &Handler{next: next, rules: r}, nil
}

// keyFault returns the reason why key is refused, or "".
func keyFault(key string) string {
	switch {
	case !utf8.ValidString(key):
		return "is not UTF-8"
	case len(key) > 64:
		return "is longer than 64 bytes"
	case strings.ContainsFunc(key, func(c rune) bool { return unicode.IsControl(c) || sanitize.Invisible(c) }):
		return "has a control or an invisible character"
	case !strings.ContainsFunc(key, unicode.IsLetter):
		return "has no letter"
	}
	return ""
}
