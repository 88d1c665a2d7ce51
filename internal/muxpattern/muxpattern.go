// Package muxpattern registers a pattern of http.ServeMux and returns the refusal as a text.
//
// # Use
//
//	if refusal := muxpattern.Add(mux, pattern, h); refusal != "" {
//		f.Add("Pattern", pattern, refusal, "correct the pattern")
//	}
//
// # Place in the chain
//
// None: the New functions of packages with patterns in their Config use it.
package muxpattern

import (
	"fmt"
	"net/http"
	"strings"
)

// Add registers h. It returns the reason for which mux refuses the pattern, or "". A ServeMux
// reports it by a panic, whose text names the places of both calls in the source: these are
// not the places of the user, so they are left out.
func Add(mux *http.ServeMux, pattern string, h http.Handler) (refusal string) {
	defer func() {
		if v := recover(); v != nil {
			refusal = fmt.Sprint(v)
			if _, reason, ok := strings.Cut(refusal, ":\n"); ok {
				refusal = reason
			} else if _, reason, ok := strings.Cut(refusal, `": `); ok {
				refusal = reason
			}
			refusal = strings.ReplaceAll(refusal, "\n", " ")
		}
	}()
	mux.Handle(pattern, h)
	return ""
}
