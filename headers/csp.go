package headers

// CSP is a Content Security Policy (CSP Level 3). It has one field for each
// directive, so that a directive cannot be misspelt or given twice. Each field
// holds the sources as they are written in the policy:
//
//   - "'self'", "'none'" and the other keywords, with their quotes
//   - "'nonce'", which stands for the nonce of the request; see [Nonce]
//   - "'sha256-…'", "'sha384-…'" and "'sha512-…'"
//   - hosts such as "https://cdn.example", "*.example" or "wss://chat.example:8443"
//   - schemes such as "data:"
//
// An empty field leaves its directive out. A policy must have DefaultSrc or
// ScriptSrc: without both it lets every script run. A policy that lets some script
// run must have BaseURI, which has no default, and ObjectSrc or DefaultSrc.
//
// The fallback of the strict policy for old browsers needs no Dangerously… field:
// 'unsafe-inline' is void beside a nonce or a hash, and https: is void in ScriptSrc and
// ScriptSrcElem beside 'strict-dynamic'.
//
// Refused are:
//
//   - 'none' beside another source
//   - a keyword without its quotes, or in a directive where browsers skip it
//   - a source given twice
//   - a port that no server has
//   - a source with a character that could end the directive
//   - a nonce written by hand
//   - 'strict-dynamic' without a nonce or hash
//   - every source that needs one of the fields Insecure… and Dangerously…
//     below, while that field is not set, and a field that no source needs
type CSP struct {
	DefaultSrc     []string
	ScriptSrc      []string
	ScriptSrcElem  []string
	ScriptSrcAttr  []string
	StyleSrc       []string
	StyleSrcElem   []string
	StyleSrcAttr   []string
	ImgSrc         []string
	FontSrc        []string
	ConnectSrc     []string
	MediaSrc       []string
	ObjectSrc      []string
	FrameSrc       []string
	ChildSrc       []string
	WorkerSrc      []string
	ManifestSrc    []string
	BaseURI        []string
	FormAction     []string
	FrameAncestors []string

	// Sandbox holds flags such as "allow-scripts". A list that is empty and
	// not nil sends sandbox without flags.
	Sandbox []string

	// TrustedTypes lists the names of the policies that a page may create, and
	// also accepts "'none'", "'allow-duplicates'" and "*". RequireTrustedTypes
	// adds require-trusted-types-for 'script'.
	TrustedTypes        []string
	RequireTrustedTypes bool

	// UpgradeInsecureRequests is sent only if the client came over HTTPS.
	// Otherwise Safari would request the styles of a development server over
	// TLS.
	UpgradeInsecureRequests bool

	ReportTo  string   // a name from Config.ReportingEndpoints
	ReportURI []string // https URLs or absolute paths, for browsers without report-to

	InsecureAllowHTTP            bool // allows http and ws sources
	DangerouslyAllowInline       bool // allows 'unsafe-inline' and 'unsafe-hashes' for scripts
	DangerouslyAllowEval         bool // allows 'unsafe-eval' for scripts
	DangerouslyAllowBroadSources bool // allows *, https:, data:, *.github.io and similar sources for scripts, plug-ins and base
	DangerouslyOmit              bool // sends no policy at all; every other field must be empty
}

// A kind says which sources a directive understands.
type kind int

const (
	plain  kind = iota // hosts and schemes
	script             // all sources
	style              // all sources but the keywords about loading scripts
	narrow             // hosts and schemes; a broad source makes the directive useless
)

type directive struct {
	name    string // in the policy
	field   string // in CSP
	kind    kind
	sources []string
}

func (c *CSP) directives() []directive {
	return []directive{
		{"default-src", "DefaultSrc", script, c.DefaultSrc},
		{"script-src", "ScriptSrc", script, c.ScriptSrc},
		{"script-src-elem", "ScriptSrcElem", script, c.ScriptSrcElem},
		{"script-src-attr", "ScriptSrcAttr", script, c.ScriptSrcAttr},
		{"style-src", "StyleSrc", style, c.StyleSrc},
		{"style-src-elem", "StyleSrcElem", style, c.StyleSrcElem},
		{"style-src-attr", "StyleSrcAttr", style, c.StyleSrcAttr},
		{"img-src", "ImgSrc", plain, c.ImgSrc},
		{"font-src", "FontSrc", plain, c.FontSrc},
		{"connect-src", "ConnectSrc", plain, c.ConnectSrc},
		{"media-src", "MediaSrc", plain, c.MediaSrc},
		{"object-src", "ObjectSrc", narrow, c.ObjectSrc},
		{"frame-src", "FrameSrc", plain, c.FrameSrc},
		{"child-src", "ChildSrc", plain, c.ChildSrc},
		{"worker-src", "WorkerSrc", plain, c.WorkerSrc},
		{"manifest-src", "ManifestSrc", plain, c.ManifestSrc},
		{"base-uri", "BaseURI", narrow, c.BaseURI},
		{"form-action", "FormAction", plain, c.FormAction},
		{"frame-ancestors", "FrameAncestors", plain, c.FrameAncestors},
	}
}

// isZero reports whether c has no directive.
func (c *CSP) isZero() bool {
	for _, d := range c.directives() {
		if len(d.sources) > 0 {
			return false
		}
	}
	return c.Sandbox == nil && len(c.TrustedTypes) == 0 && !c.RequireTrustedTypes &&
		!c.UpgradeInsecureRequests && c.ReportTo == "" && len(c.ReportURI) == 0
}
