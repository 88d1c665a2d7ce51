// Package strictjson reads one JSON object from an untrusted client, and accepts only
// objects that every JSON reader understands alike.
//
// # Use
//
//	index := strictjson.NewIndex([]string{"iss", "sub"})
//	var raw [2]string // the values as they are written, "" for an absent member
//	err := index.Collect(text, strictjson.Rules{Members: 64}, raw[:])
//	sub, ok := strictjson.String(raw[1])
//
// A Shape adds the names that encoding/json looks for at any depth of a Go type.
//
// # Threat
//
// Two readers that understand one object differently. encoding/json accepts two
// members with one name, takes "Exp" for "exp", and repairs broken UTF-8. It has no
// option to be strict about some of the names.
//
// # Invariant
//
// Collect refuses all of these objects (see the Err variables), in one pass, without
// allocation, and without recursion deeper than MaxDepth.
//
// # What the caller must do
//
// Pass raw values only from a text that Collect has accepted: the functions that take
// a raw value may panic for any other text.
package strictjson
