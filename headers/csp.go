package headers

// CSP is a Content Security Policy (CSP Level 3). There is one field per
// directive, so that none can be misspelt or given twice, and each holds the
// sources as they are written in the policy:
//
//   - "'self'", "'none'" and the other keywords, with their quotes
//   - "'nonce'", which stands for the nonce of the request; see [Nonce]
//   - "'sha256-…'", "'sha384-…'" and "'sha512-…'"
//   - hosts such as "https://cdn.example", "*.example" or "wss://chat.example:8443"
//   - schemes such as "data:"
//
// An empty field leaves its directive out. A policy must have DefaultSrc or
// ScriptSrc: without either it lets every script run.
//
// Refused are: 'none' beside another source; a keyword without its quotes, or
// in a directive where browsers skip it; a source given twice; anything that
// could end the directive; a nonce written by hand; 'strict-dynamic' without
// a nonce or hash; and whatever the fields Insecure… and Dangerously… below
// would allow.
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

	// Sandbox holds flags such as "allow-scripts". To sandbox without any,
	// give a list that is empty and not nil.
	Sandbox []string

	// TrustedTypes names the policies that a page may create; "'none'",
	// "'allow-duplicates'" and "*" are understood. RequireTrustedTypes adds
	// require-trusted-types-for 'script'.
	TrustedTypes        []string
	RequireTrustedTypes bool

	// UpgradeInsecureRequests is sent only if the client came over HTTPS:
	// Safari would else ask a development server for its styles over TLS.
	UpgradeInsecureRequests bool

	ReportTo  string   // name out of Config.ReportingEndpoints
	ReportURI []string // https URLs or absolute paths, for browsers without report-to

	InsecureAllowHTTP            bool // allows http and ws sources
	DangerouslyAllowInline       bool // allows 'unsafe-inline' and 'unsafe-hashes' for scripts
	DangerouslyAllowEval         bool // allows 'unsafe-eval' for scripts
	DangerouslyAllowBroadSources bool // allows *, https:, data: and the like for scripts, plug-ins and base
	DangerouslyOmit              bool // sends no policy at all; every other field must be empty
}

// kind says which sources a directive understands.
type kind int

const (
	plain  kind = iota // hosts and schemes
	script             // all of them
	style              // all of them but those about loading scripts
	broad              // plain, but a broad source gives it all away
)

type directive struct {
	name    string // as in the policy
	field   string // as in CSP
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
		{"object-src", "ObjectSrc", broad, c.ObjectSrc},
		{"frame-src", "FrameSrc", plain, c.FrameSrc},
		{"child-src", "ChildSrc", plain, c.ChildSrc},
		{"worker-src", "WorkerSrc", plain, c.WorkerSrc},
		{"manifest-src", "ManifestSrc", plain, c.ManifestSrc},
		{"base-uri", "BaseURI", broad, c.BaseURI},
		{"form-action", "FormAction", plain, c.FormAction},
		{"frame-ancestors", "FrameAncestors", plain, c.FrameAncestors},
	}
}

// zero reports whether no field of c is set. Flags that only allow something
// do not count: a policy of nothing but permissions is a forgotten policy.
func (c *CSP) zero() bool {
	for _, d := range c.directives() {
		if len(d.sources) > 0 {
			return false
		}
	}
	return c.Sandbox == nil && len(c.TrustedTypes) == 0 && !c.RequireTrustedTypes &&
		!c.UpgradeInsecureRequests && c.ReportTo == "" && len(c.ReportURI) == 0
}
