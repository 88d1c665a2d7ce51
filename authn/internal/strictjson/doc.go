// Package strictjson reads one JSON object that a stranger has written. It
// accepts only objects that every reader understands alike.
//
// encoding/json accepts two members of one name, takes "Exp" for "exp", and
// repairs broken UTF-8, and it cannot be told for which names to be strict. This
// package refuses all of that (see the Err variables), in one pass, without
// allocation, and without recursion deeper than MaxDepth.
//
//	index := strictjson.NewIndex([]string{"iss", "sub"})
//	var raw [2]string // the values as they are written, "" for an absent member
//	err := index.Collect(text, strictjson.Rules{Members: 64}, raw[:])
//	sub, ok := strictjson.String(raw[1])
//
// The functions that take a raw value rely on Collect: they may panic for a text
// that it has not accepted. A Shape adds the names that encoding/json looks for
// at any depth of a Go type.
package strictjson
