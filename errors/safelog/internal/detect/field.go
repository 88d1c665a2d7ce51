package detect

// maxField is how far the end of a field is looked for, in bytes.
const maxField = 1 << 10

// fieldValue returns the extent of a value that follows its name and colon at
// once, as %+v prints a field: it has no quotes, and goes on over spaces to the
// next field or to the bracket that ends the struct. Where neither follows, this
// is no struct, and the value one word. That of a header always goes on.
func fieldValue(p pair) (int, int) {
	s, lo, header := p.s, p.lo, isHeader(p.name)
	if header && p.start > 0 && isQuote(s[p.start-1]) {
		return headerValue(p) // ends at the quote, however long the text is
	}
	from, hi := value(s, lo)
	if from < 0 || from > lo || hi < len(s) && s[hi] != ' ' {
		return from, hi // in quotes, or over
	}
	if s[lo] == '[' || s[lo] == '{' {
		return lo, hi
	}
	j := hi
	for ; j < len(s) && j-lo < maxField; j++ {
		switch s[j] {
		case ' ':
			if beginsPair(s, j+1, ":") {
				return lo, j
			}
		case '}', ']':
			if ends(s, j) {
				return lo, j
			}
		}
	}
	if header || p.open && j == len(s) {
		return lo, len(s)
	}
	return lo, hi
}

// plainValue returns the extent of a value that ends by itself.
func plainValue(p pair) (lo, hi int) { return value(p.s, p.lo) }

// quotesValue reports whether a value begins with a quote.
func quotesValue(p pair) bool {
	return isQuote(p.s[p.lo]) && p.lo+1 < len(p.s) && p.s[p.lo+1] != ' '
}

// bearerValue returns the extent of the token behind "Bearer:".
func bearerValue(p pair) (lo, hi int) {
	hi = tokenEnd(p.s, p.lo)
	if !isToken(p.s[p.lo:hi]) {
		return -1, 0
	}
	return p.lo, hi
}
