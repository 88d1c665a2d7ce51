package oauth

import "strings"

// A target is the page that a browser opens for a link.
type target struct{ scheme, host, path string }

// browserTarget returns the page that a browser opens for link on a page of
// https://app.example/login. It follows the URL Standard (section 4.4, basic URL parser) step by
// step for the states that such a base can reach. ok is false if the link is no URL.
func browserTarget(link string) (t target, ok bool) {
	s := strings.TrimFunc(link, func(c rune) bool { return c <= ' ' })
	s = strings.NewReplacer("\t", "", "\n", "", "\r", "").Replace(s)
	scheme, rest, hasScheme := cutScheme(s)
	switch {
	case !hasScheme:
		return relative(s)
	case scheme == "https" && !strings.HasPrefix(rest, "//"):
		return relative(rest) // special relative or authority state
	case scheme == "https" || scheme == "http" || scheme == "ftp" || scheme == "ws" || scheme == "wss":
		return authority(scheme, rest)
	}
	return target{scheme: scheme, path: rest}, true
}

// cutScheme is the scheme start state and the scheme state.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i, c := range []byte(strings.ToLower(s)) {
		switch {
		case 'a' <= c && c <= 'z':
		case i > 0 && (c == '+' || c == '-' || c == '.' || '0' <= c && c <= '9'):
		case i > 0 && c == ':':
			return strings.ToLower(s[:i]), s[i+1:], true
		default:
			return "", "", false
		}
	}
	return "", "", false
}

// relative is the relative state. A backslash is a slash, because https is a special scheme.
func relative(s string) (target, bool) {
	if s == "" || !isSlash(s[0]) {
		end := strings.IndexAny(s+"?", "?#")
		if end == 0 {
			return target{"https", "app.example", "/login"}, true
		}
		return target{"https", "app.example", resolvePath(s[:end])}, true
	}
	if len(s) > 1 && isSlash(s[1]) { // relative slash state
		return authority("https", s)
	}
	return target{"https", "app.example", resolvePath(s[1:strings.IndexAny(s+"?", "?#")])}, true
}

// authority is the special authority ignore slashes state, and the authority state.
func authority(scheme, s string) (target, bool) {
	s = strings.TrimLeft(s, `/\`)
	end := strings.IndexAny(s+"?", `/\?#`)
	if end == 0 {
		return target{}, false
	}
	path := s[end:]
	if path = path[:strings.IndexAny(path+"?", "?#")]; path == "" {
		path = "/"
	}
	return target{scheme, s[:end], resolvePath(path[1:])}, true
}

// resolvePath is the path state, for a path without its first slash.
func resolvePath(s string) string {
	segments := strings.Split(strings.ReplaceAll(s, `\`, "/"), "/")
	var out []string
	for i, segment := range segments {
		last := i == len(segments)-1
		switch strings.ReplaceAll(strings.ToLower(segment), "%2e", ".") {
		case "..":
			if len(out) > 0 {
				out = out[:len(out)-1]
			}
			if last {
				out = append(out, "")
			}
		case ".":
			if last {
				out = append(out, "")
			}
		default:
			out = append(out, segment)
		}
	}
	return "/" + strings.Join(out, "/")
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }
