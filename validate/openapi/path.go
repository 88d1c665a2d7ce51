package openapi

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A template is the path of a pattern in the form of OpenAPI.
type template struct {
	path  string
	shape string   // path with {} for each wildcard
	names []string // of the wildcards
	rest  string   // the wildcard that matches the rest of the path, or ""
}

var wildcardName = regexp.MustCompile(`^[\pL_][\pL\p{Nd}_]*$`) // a Go identifier, as for http.ServeMux

// A pathFault is the reason why a pattern has no template, with a fix.
type pathFault struct{ reason, fix string }

// translate returns the template of the path of a pattern.
func translate(path string) (t template, fault *pathFault) {
	if !strings.HasPrefix(path, "/") {
		return t, &pathFault{"is not a path from the root", "give a path that begins with a slash; the host belongs into Info.Servers"}
	}
	segments := strings.Split(path, "/")[1:]
	if segments[len(segments)-1] == "" && path != "/" || path == "/" {
		segments[len(segments)-1] = "{" + freeName(segments) + "...}"
	}
	for i, s := range segments {
		switch inner, open := strings.CutPrefix(s, "{"); {
		case s == "{$}" && i == len(segments)-1:
			segments[i] = ""
			continue
		case strings.ContainsAny(s, "*"):
			return t, &pathFault{"has a wildcard without a name", "name it, as in {path...}"}
		case !strings.ContainsAny(s, "{}"):
			continue
		case !open || !strings.HasSuffix(inner, "}"):
			return t, &pathFault{"has a brace in a segment that is no wildcard", "make the wildcard a segment of its own, as in /{name}/"}
		default:
			name, many := strings.CutSuffix(strings.TrimSuffix(inner, "}"), "...")
			switch {
			case !wildcardName.MatchString(name):
				return t, &pathFault{"has a wildcard without a name", "name it with letters and digits, as in {id}"}
			case slices.Contains(t.names, name):
				return t, &pathFault{"has the wildcard " + name + " twice", "give each wildcard a name of its own"}
			case many && i < len(segments)-1:
				return t, &pathFault{"has a wildcard for the rest that is not its end", "put {" + name + "...} last"}
			case many:
				t.rest = name
			}
			t.names = append(t.names, name)
			segments[i] = "{" + name + "}"
		}
	}
	t.path = "/" + strings.Join(segments, "/")
	t.shape = wildcards.ReplaceAllString(t.path, "{}")
	return t, nil
}

var wildcards = regexp.MustCompile(`\{[^{}]*\}`)

// freeName returns the name of the rest of the path behind a pattern that ends in a slash.
func freeName(segments []string) string {
	name := "rest"
	for slices.Contains(segments, "{"+name+"}") {
		name += "_"
	}
	return name
}

// operationID returns getV1NotesById for GET /v1/notes/{id}.
func operationID(method, path string) string {
	var id strings.Builder
	id.WriteString(strings.ToLower(method))
	for segment := range strings.SplitSeq(path, "/") {
		words := strings.FieldsFunc(segment, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		if strings.HasPrefix(segment, "{") {
			id.WriteString("By")
		}
		for _, w := range words {
			first, size := utf8.DecodeRuneInString(w)
			id.WriteString(string(unicode.ToUpper(first)) + w[size:])
		}
	}
	return id.String()
}
