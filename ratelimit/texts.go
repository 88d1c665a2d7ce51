package ratelimit

import (
	"strconv"
	"strings"
	"sync"
)

// texts makes strings that are needed once, many out of one allocation. A
// string is as good as any other: nothing writes again where one lies. Who
// keeps one keeps the others of its allocation, so they are for headers, which
// are gone with their response.
type texts struct {
	pool sync.Pool // of *strings.Builder, each with room
}

const textRoom = 4096

func (t *texts) of(b []byte) string {
	s, _ := t.pool.Get().(*strings.Builder)
	if s == nil {
		s = new(strings.Builder)
	}
	if s.Cap()-s.Len() < len(b) {
		s.Reset() // leaves the old room to the strings in it
		s.Grow(max(textRoom, len(b)))
	}
	from := s.Len()
	s.Write(b)
	text := s.String()[from:]
	t.pool.Put(s)
	return text
}

func (t *texts) number(n int64) string {
	if 0 <= n && n < 100 {
		return strconv.FormatInt(n, 10) // costs nothing
	}
	var buf [20]byte
	return t.of(strconv.AppendInt(buf[:0], n, 10))
}
