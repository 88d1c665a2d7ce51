package view

import (
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A tag is the parsed tag view or write of a field.
type tag struct {
	views   mask
	keys    map[string]bool
	allKeys bool
}

func (t *tag) hasKeys() bool { return t.allKeys || t.keys != nil }

// parseTag parses text, such as "public,self" or "admin,keys=city|zip". "-" names no
// view.
func (c *compiler) parseTag(text, at string) (t tag) {
	if text == "-" {
		return t
	}
	for part := range strings.SplitSeq(text, ",") {
		if list, ok := strings.CutPrefix(part, "keys="); ok {
			t.parseKeys(list, at, c.faults)
			continue
		}
		bit := c.rules.names[part]
		switch {
		case bit == 0:
			c.faults.Add(at, part, "is no view of Config.Views", "correct the "+c.key+" tag, or add the view")
		case t.views&bit != 0:
			c.faults.Add(at, part, "is there twice", "remove one")
		}
		t.views |= bit
		c.used |= bit
	}
	if t.views == 0 && t.hasKeys() {
		c.faults.Add(at, text, "has keys and no view", "write a view in front of keys=")
	}
	return t
}

func (t *tag) parseKeys(list, at string, f *httperr.ConfigFaults) {
	if t.hasKeys() {
		f.Add(at, list, "has keys twice", "join them with |")
		return
	}
	if list == "*" {
		t.allKeys = true
		return
	}
	t.keys = map[string]bool{}
	for key := range strings.SplitSeq(list, "|") {
		if key == "" || len(key) > maxName || key == "*" || t.keys[key] {
			f.Add(at, key, "is not a key, or is there twice", "write keys=a|b with keys of at most 128 bytes, or keys=*")
		}
		t.keys[key] = true
	}
}
