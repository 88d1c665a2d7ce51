package view

import (
	"strconv"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// maxFaults is the largest number of faults in one refusal.
const maxFaults = 20

// A checker finds the members of a body that a caller may not set.
type checker struct {
	b     []byte // compact JSON
	i     int
	depth int
	path  []byte // JSON Pointer of the value; it ends at a map
	names int    // depth inside maps and values of unknown type
	name  [maxName]byte

	faults                          []httperr.Fault
	forbidden, truncated, malformed bool
}

func (c *checker) fault(code, message string) {
	if len(c.faults) == maxFaults {
		c.truncated = true
		return
	}
	pointer := string(c.path)
	c.faults = append(c.faults, httperr.Fault{Pointer: &pointer, Code: code, Message: message})
}

// push extends the path, unless it has ended. pop undoes it.
func (c *checker) push(segment string) (pop int) {
	pop = len(c.path)
	if c.names == 0 {
		c.path = append(append(c.path, '/'), strings.NewReplacer("~", "~0", "/", "~1").Replace(segment)...)
	}
	return pop
}

func (c *checker) pop(to int) { c.path = c.path[:to] }

// skip moves past the value.
func (c *checker) skip() {
	if end := valueEnd(c.b, c.i); end >= 0 {
		c.i = end
	} else {
		c.malformed, c.i = true, len(c.b)
	}
}

func (c *checker) peek() byte {
	if c.i < len(c.b) {
		return c.b[c.i]
	}
	c.malformed = true
	return 0
}

func (c *checker) value(n *node, granted mask) {
	first := c.peek()
	if c.depth++; c.depth > maxDepth {
		c.malformed = true
	}
	isContainer := first == '{' || first == '['
	switch {
	case c.malformed:
	case first == '{' && (n.kind == object || n.kind == dict || n.kind == dynamic):
		c.object(n, granted)
	case first == '[' && (n.kind == list || n.kind == dynamic):
		c.array(n, granted)
	case n.kind == whole || first == 'n' || !isContainer && (n.kind == scalar || n.kind == dynamic):
		c.skip()
	default:
		c.fault("type", "has another type")
		c.skip()
	}
	c.depth--
}

func (c *checker) object(n *node, granted mask) {
	c.i++
	if n.kind != object {
		c.names++
		defer func() { c.names-- }()
	}
	unknown := false
	next := 0
	for !c.malformed && c.peek() != '}' {
		end := -1
		if c.b[c.i] == '"' {
			end = stringEnd(c.b, c.i)
		}
		if end < 0 || end >= len(c.b) {
			c.malformed = true
			return
		}
		name := nameOf(c.b[c.i:end], c.name[:])
		c.i = end + 1 // the colon
		switch value, m := n.writable(name, &next); {
		case value == nil && m == nil:
			unknown = true
			c.skip()
		case m != nil && m.views&granted == 0:
			pop := c.push(m.name)
			c.fault("not_writable", "may not be set by the caller")
			c.forbidden = true
			c.pop(pop)
			c.skip()
		default:
			pop := len(c.path)
			if m != nil {
				c.push(m.name)
			}
			c.value(value, granted)
			c.pop(pop)
		}
		if c.peek() == ',' {
			c.i++
		}
	}
	c.i++
	if unknown {
		c.fault("unknown_member", "has a member that is not known")
	}
}

// writable returns the plan of a member, and the member if n knows its members. Both are
// nil for an unknown name.
func (n *node) writable(name []byte, next *int) (*node, *member) {
	switch {
	case n.kind == object:
		if m := n.find(name, next); m != nil {
			return m.value, m
		}
	case n.shows(name) && n.kind == dict:
		return n.elem, nil
	case n.shows(name):
		return n, nil
	}
	return nil, nil
}

func (c *checker) array(n *node, granted mask) {
	c.i++
	elem := n
	if n.kind == list {
		elem = n.elem
	}
	for i := 0; !c.malformed && c.peek() != ']'; i++ {
		pop := c.push(strconv.Itoa(i))
		c.value(elem, granted)
		c.pop(pop)
		if c.peek() == ',' {
			c.i++
		}
	}
	c.i++
}
