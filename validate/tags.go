package validate

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// A level is the part of a validate tag that holds for one depth: the field
// itself, and behind each dive what is in it.
type level struct {
	rules []string
	keys  []string // between keys and endkeys
	deep  bool     // dive follows
}

func parseTag(tag string) []level {
	if tag == "" || tag == "-" {
		return []level{{}}
	}
	levels := []level{{}}
	inKeys := false
	for rule := range strings.SplitSeq(tag, ",") {
		l := &levels[len(levels)-1]
		switch {
		case rule == "dive":
			l.deep = true
			levels = append(levels, level{})
		case rule == "keys":
			inKeys = true
		case rule == "endkeys":
			inKeys = false
		case inKeys:
			l.keys = append(l.keys, rule)
		default:
			l.rules = append(l.rules, rule)
		}
	}
	return levels
}

// stripRequired returns the tag without the rule required, which the scan
// enforces. The validator means something else by it, a value that is not
// zero, and so could not tell an absent number from the number 0.
func stripRequired(levels []level) string {
	var out []string
	for _, l := range levels {
		if keys := without(l.keys); len(keys) > 0 {
			out = append(append(append(out, "keys"), keys...), "endkeys")
		}
		out = append(out, without(l.rules)...)
		if l.deep {
			out = append(out, "dive")
		}
	}
	return strings.Join(out, ",")
}

func without(rules []string) []string {
	return slices.DeleteFunc(slices.Clone(rules), func(r string) bool { return r == "required" })
}

func at(levels []level, depth int) level {
	if depth < len(levels) {
		return levels[depth]
	}
	return level{}
}

func (l level) required() bool { return slices.Contains(l.rules, "required") }

// most returns the most elements, members or characters that the rules admit,
// or standard if none of them says so.
func (l level) most(standard int) int {
	for _, rule := range l.rules {
		name, param, _ := strings.Cut(rule, "=")
		v, err := strconv.ParseInt(param, 0, 64)
		if err != nil || v < 0 || v > math.MaxInt32 {
			continue
		}
		switch name {
		case "max", "lte", "len", "eq":
			return int(v)
		case "lt":
			return int(max(v-1, 0))
		}
	}
	return standard
}

// probes returns each rule of the tag as a tag of its own: behind one that
// fails, or beside one that holds, a faulty rule would not be found.
func probes(levels []level) []string {
	var tags []string
	prefix := ""
	single := func(rules []string, before, after string) {
		for _, rule := range rules {
			for alternative := range strings.SplitSeq(rule, "|") {
				tags = append(tags, before+alternative+after)
			}
		}
	}
	for _, l := range levels {
		single(l.keys, prefix+"keys,", ",endkeys")
		single(l.rules, prefix, "")
		if l.deep {
			prefix += "dive,"
			tags = append(tags, strings.TrimSuffix(prefix, ","))
		}
	}
	return tags
}
