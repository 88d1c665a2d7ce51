package safelog

import "strings"

// flatten strips s and makes one line of it. Where there is more than one, it
// first masks what only a line tells: afterwards nobody could say where the
// value of a header ends, or whether "password: hunter2" was a line of YAML or
// a part of a sentence. masked reports whether it did.
func (r *rules) flatten(s string) (flat string, masked bool) {
	s = strip(s)
	if strings.IndexByte(s, '\n') < 0 {
		return s, false
	}
	var b strings.Builder
	b.Grow(len(s))
	for at := 0; at < len(s); {
		end := lineEnd(s, at)
		lo, depth := r.lineValue(s[at:end])
		if lo >= 0 {
			end = continued(s, at+lo, end, depth)
			if block := s[at+lo : end]; strings.Trim(block, " \n|>+-") == "" || strings.TrimRight(block, " \n") == redacted {
				lo = -1
			}
		}
		if lo < 0 {
			b.WriteString(s[at:end])
		} else {
			b.WriteString(s[at : at+lo])
			if s[at+lo-1] == ':' {
				b.WriteByte(' ') // the value began on the next line
			}
			b.WriteString(redacted)
			masked = true
		}
		if at = end; at < len(s) {
			b.WriteByte(' ')
			at++
		}
	}
	return strings.ReplaceAll(b.String(), "\n", " "), masked
}

func lineEnd(s string, at int) int {
	if i := strings.IndexByte(s[at:], '\n'); i >= 0 {
		return at + i
	}
	return len(s)
}

// lineValue returns where in line the value begins that goes on to its end, or
// -1: that of a pair that is alone on the line, and that of a header. depth is
// how far the pair is indented.
func (r *rules) lineValue(line string) (lo, depth int) {
	depth = indent(line)
	if lo = r.alone(line, depth); lo >= 0 {
		return lo, depth
	}
	for i := range len(line) {
		if line[i] != ':' || i+1 < len(line) && line[i+1] != ' ' {
			continue
		}
		start := nameStart(line, i)
		if name := line[start:i]; name != "" && isHeader(name) && r.sensitive(name) {
			if start > 0 && strings.IndexByte("\"'`", line[start-1]) >= 0 {
				continue // its end is the quote
			}
			return skipSpaces(line, i+1), skipSpaces(line, 0)
		}
	}
	return -1, 0
}

// alone returns where the value begins if line has a sensitive unquoted key at
// from, a colon or an equals sign, and nothing else before the value but what marks
// an item of a list, a quotation or the direction of a message.
func (r *rules) alone(line string, from int) int {
	i := from
	for i < len(line) && i-from < 64 && (isBase64URL(line[i]) || line[i] == '.' || line[i] == '[' || line[i] == ']') {
		i++
	}
	name := line[from:i]
	sign := skipSpaces(line, i)
	if name == "" || sign == len(line) || line[sign] != ':' && line[sign] != '=' || !r.sensitive(name) {
		return -1
	}
	lo := skipSpaces(line, sign+1)
	if lo < len(line) && line[lo] == '=' {
		return -1 // key == …, key := …
	}
	return lo
}

func indent(line string) int {
	i := 0
	for i < len(line) && strings.IndexByte(" -+*<>#|", line[i]) >= 0 {
		i++
	}
	if strings.HasPrefix(line[i:], "export ") {
		i += len("export ")
	}
	return i
}

func skipSpaces(s string, i int) int {
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

// continued returns where the value at s[lo:end] ends: lines that are indented
// further than depth go on with it, in a block of YAML as in a folded header
// (RFC 9112, section 5.2), and so do the items of a list that begins below its
// key.
func continued(s string, lo, end, depth int) int {
	list := lo == end
	for last := end; last < len(s); {
		next := lineEnd(s, last+1)
		text := skipSpaces(s[:next], last+1)
		column := text - last - 1
		switch {
		case text == next: // an empty line, if others follow
		case column > depth, list && column == depth && strings.HasPrefix(s[text:], "- "):
			end = next
		default:
			return end
		}
		last = next
	}
	return end
}
