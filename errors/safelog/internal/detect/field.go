package detect

// maxField is the distance, in bytes, up to which the end of a field is searched.
const maxField = 1 << 10

// fieldValue returns the extent of a value that follows its name and colon without
// a space, as %+v prints a field. Such a value has no quotes. It may have spaces,
// and ends at the next field or at the bracket that ends the struct. If neither
// follows, the text is no struct, and the value is one word. The value of a header
// continues to the end of the text.
func fieldValue(p pair) (int, int) {
	s, lo, header := p.s, p.lo, isHeader(p.name)
	if header && p.start > 0 && isQuote(s[p.start-1]) {
		return headerValue(p) // the value ends at the quote, at any distance
	}
	from, hi := valueExtent(s, lo)
	if from < 0 || from > lo || hi < len(s) && s[hi] != ' ' {
		return from, hi // the value is in quotes, or complete
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
			if endsValue(s, j) {
				return lo, j
			}
		}
	}
	if header || p.open && j == len(s) {
		return lo, len(s)
	}
	return lo, hi
}

// plainValue returns the extent of a value that needs no rule of its form.
func plainValue(p pair) (lo, hi int) { return valueExtent(p.s, p.lo) }

// quotesValue reports whether a value begins with a quote.
func quotesValue(p pair) bool {
	return isQuote(p.s[p.lo]) && p.lo+1 < len(p.s) && p.s[p.lo+1] != ' '
}

// bearerValue returns the extent of the token after "Bearer:".
func bearerValue(p pair) (lo, hi int) {
	hi = tokenEnd(p.s, p.lo)
	if !isToken(p.s[p.lo:hi]) {
		return -1, 0
	}
	return p.lo, hi
}
