package reports

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// A Report is one report of a browser. Every part of it is a claim of the client.
type Report struct {
	Type      string        // "csp-violation", "coop", "integrity-violation" and others
	URL       string        // the page
	UserAgent string        // as the browser names itself
	Age       time.Duration // since the violation; 0 in application/csp-report

	// Body is the JSON of the report, in the form of its type.
	Body json.RawMessage

	// Violation is the body of a report of type csp-violation, and nil for other types.
	Violation *Violation
}

// A Violation is a violation of a Content-Security-Policy (CSP Level 3, section 5.2).
type Violation struct {
	Document    string // the page
	Referrer    string
	Blocked     string // the address that was blocked, or a word such as "inline" or "eval"
	Directive   string // that was violated, such as "script-src-elem"
	Policy      string // the whole policy
	Disposition string // "enforce" or "report"
	SourceFile  string // with Line and Column, the place in a script that caused it
	Sample      string // the first 40 characters, with 'report-sample'
	Line        int
	Column      int
	Status      int // of the response with the page
}

const (
	maxReports = 100  // of one request; browsers send fewer
	maxText    = 1024 // bytes of one text
)

// parsers are the functions for the media types. They return an error for a body that is
// not of the type.
var parsers = map[string]func(body []byte, r *http.Request) ([]Report, error){
	"application/csp-report":   parseOld,
	"application/reports+json": parseReports,
}

// parseOld reads the body that browsers send to report-uri (CSP Level 3, section 5.3).
func parseOld(body []byte, r *http.Request) ([]Report, error) {
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(body, &envelope); err != nil {
		return nil, err
	}
	var m members
	if err := json.Unmarshal(envelope["csp-report"], &m); err != nil || m == nil {
		return nil, errors.New("no object csp-report")
	}
	v := &Violation{
		Document: m.text("document-uri"), Referrer: m.text("referrer"), Blocked: m.text("blocked-uri"),
		Directive: m.text("effective-directive"), Policy: m.text("original-policy"), Disposition: m.text("disposition"),
		SourceFile: m.text("source-file"), Sample: m.text("script-sample"),
		Line: m.number("line-number"), Column: m.number("column-number"), Status: m.number("status-code"),
	}
	if v.Directive == "" { // CSP Level 1
		v.Directive, _, _ = strings.Cut(m.text("violated-directive"), " ")
	}
	return []Report{{
		Type: typeCSP, URL: v.Document, UserAgent: shorten(r.UserAgent()), Body: envelope["csp-report"], Violation: v,
	}}, nil
}

const typeCSP = "csp-violation"

// parseReports reads the body of the Reporting API.
func parseReports(body []byte, _ *http.Request) ([]Report, error) {
	var list []json.RawMessage
	if err := json.Unmarshal(body, &list); err != nil || list == nil {
		return nil, errors.New("not an array")
	}
	var all []Report
	for _, element := range list[:min(len(list), maxReports)] {
		var m members
		if json.Unmarshal(element, &m) != nil || m.text("type") == "" {
			continue // a report only informs, so the others still count
		}
		report := Report{
			Type: m.text("type"), URL: m.text("url"), UserAgent: m.text("user_agent"),
			Age: time.Duration(m.number("age")) * time.Millisecond, Body: m["body"],
		}
		if report.Type == typeCSP {
			report.Violation = m.violation()
		}
		all = append(all, report)
	}
	return all, nil
}

// violation returns the body of a report of type csp-violation.
func (m members) violation() *Violation {
	var b members
	_ = json.Unmarshal(m["body"], &b) // a body that is no object leaves all fields zero
	return &Violation{
		Document: b.text("documentURL"), Referrer: b.text("referrer"), Blocked: b.text("blockedURL"),
		Directive: b.text("effectiveDirective"), Policy: b.text("originalPolicy"), Disposition: b.text("disposition"),
		SourceFile: b.text("sourceFile"), Sample: b.text("sample"),
		Line: b.number("lineNumber"), Column: b.number("columnNumber"), Status: b.number("statusCode"),
	}
}

// members are the members of a JSON object.
type members map[string]json.RawMessage

// text returns a member that is a string, at most maxText bytes of it, and otherwise "".
func (m members) text(name string) (s string) {
	if json.Unmarshal(m[name], &s) != nil {
		return ""
	}
	return shorten(s)
}

// number returns a member that is a number and fits into 31 bits, and otherwise 0.
func (m members) number(name string) int {
	var f float64
	if json.Unmarshal(m[name], &f) != nil || f < 0 || f > math.MaxInt32 {
		return 0
	}
	return int(f)
}

// shorten returns the first maxText bytes of s as valid UTF-8.
func shorten(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end]
}
