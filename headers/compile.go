package headers

import (
	"fmt"
	"slices"
	"strings"
)

// compile checks the policy and returns its text for plain HTTP and its text
// for HTTPS. Both still contain 'nonce' in place of the nonce. If report is
// true, browsers only report violations of the policy.
func (c *CSP) compile(f *faults, field string, endpoints map[string]string, report bool) (insecure, secure string) {
	var parts []string
	var used risks
	for _, d := range c.directives() {
		if len(d.sources) > 0 {
			c.check(f, field+"."+d.field, d, &used)
			parts = append(parts, d.name+" "+strings.Join(d.sources, " "))
		}
	}
	if len(c.TrustedTypes) > 0 {
		f.checkList(field+".TrustedTypes", c.TrustedTypes, validPolicyName,
			"not the name of a Trusted Types policy", "use letters, digits and -#=_/@.%")
		if len(c.TrustedTypes) > 1 && slices.Contains(c.TrustedTypes, "'none'") {
			f.Add(field+".TrustedTypes", nil, "'none' stands beside another name", "remove one of them")
		}
		parts = append(parts, "trusted-types "+strings.Join(c.TrustedTypes, " "))
	}
	if c.RequireTrustedTypes {
		parts = append(parts, "require-trusted-types-for 'script'")
	}
	if c.Sandbox != nil {
		f.checkList(field+".Sandbox", c.Sandbox, func(s string) bool { return slices.Contains(sandboxFlags, s) },
			"not a sandbox flag", "use "+strings.Join(sandboxFlags, ", "))
		parts = append(parts, strings.Join(append([]string{"sandbox"}, c.Sandbox...), " "))
	}
	parts = append(parts, c.compileReports(f, field, endpoints)...)

	c.checkUnused(f, field, used)
	if report {
		c.checkReportOnly(f, field)
	} else {
		c.checkWhole(f, field)
	}
	insecure = strings.Join(parts, "; ")
	if c.UpgradeInsecureRequests {
		parts = append(parts, "upgrade-insecure-requests")
	}
	return insecure, strings.Join(parts, "; ")
}

func (c *CSP) checkReportOnly(f *faults, field string) {
	if c.ReportTo == "" && len(c.ReportURI) == 0 {
		f.Add(field+".ReportTo", nil, "a policy that is only reported on reports to nobody", "set ReportTo or ReportURI")
	}
	if c.Sandbox != nil || c.UpgradeInsecureRequests {
		f.Add(field, nil, "browsers skip Sandbox and UpgradeInsecureRequests in a policy that is only reported on", "remove them")
	}
}

// checkWhole applies the rules for a policy as a whole: each way to run a script is
// restricted, also the ways that default-src does not cover.
func (c *CSP) checkWhole(f *faults, field string) {
	if len(c.DefaultSrc) == 0 && len(c.ScriptSrc) == 0 {
		f.Add(field+".DefaultSrc", nil, "the policy restricts no scripts", `start from DefaultSrc: []string{"'none'"}`)
		return
	}
	if !c.allowsScripts() {
		return
	}
	if len(c.BaseURI) == 0 {
		f.Add(field+".BaseURI", nil, "injected markup could move the base of the page, from which its scripts are loaded",
			`set BaseURI: []string{"'none'"}, or "'self'" if pages have a base element`)
	}
	if len(c.ObjectSrc) == 0 && len(c.DefaultSrc) == 0 {
		f.Add(field+".ObjectSrc", nil, "neither ObjectSrc nor DefaultSrc restricts plug-ins, which run scripts too",
			`set ObjectSrc: []string{"'none'"}`)
	}
}

// checkFraming compares FrameAncestors with X-Frame-Options, which browsers then skip.
func (c *CSP) checkFraming(f *faults, frameOptions string) {
	for i, s := range c.FrameAncestors {
		if broadSource(s) && frameOptions != Off {
			f.Add(fmt.Sprintf("CSP.FrameAncestors[%d]", i), s, "every site may frame the page, because browsers skip X-Frame-Options then",
				"name the sites, or set FrameOptions to headers.Off")
		}
	}
	if frameOptions == "SAMEORIGIN" && slices.Equal(c.FrameAncestors, []string{"'none'"}) {
		f.Add("FrameOptions", frameOptions, "browsers obey FrameAncestors, which is 'none'", `set CSP.FrameAncestors to "'self'" too`)
	}
}

// allowsScripts reports whether a page with the policy can run a script.
func (c *CSP) allowsScripts() bool {
	scripts := c.ScriptSrc
	if len(scripts) == 0 {
		scripts = c.DefaultSrc
	}
	return slices.ContainsFunc(slices.Concat(scripts, c.ScriptSrcElem, c.ScriptSrcAttr), func(s string) bool { return s != "'none'" })
}

// hasNonce reports whether a directive has the nonce of the request.
func (c *CSP) hasNonce() bool {
	return slices.ContainsFunc(c.directives(), func(d directive) bool { return slices.Contains(d.sources, nonceSource) })
}

func (c *CSP) compileReports(f *faults, field string, endpoints map[string]string) (parts []string) {
	if c.ReportTo != "" {
		if _, ok := endpoints[c.ReportTo]; !ok {
			f.Add(field+".ReportTo", c.ReportTo, "no reporting endpoint has this name", "add it to ReportingEndpoints")
		}
		parts = append(parts, "report-to "+c.ReportTo)
	}
	if len(c.ReportURI) > 0 {
		f.checkList(field+".ReportURI", c.ReportURI, validReportURL, "not an https URL or an absolute path", "write https://… or /…")
		parts = append(parts, "report-uri "+strings.Join(c.ReportURI, " "))
	}
	return parts
}

// validPolicyName follows the rule tt-policy-name of Trusted Types.
func validPolicyName(s string) bool {
	if s == "'none'" || s == "'allow-duplicates'" || s == "*" {
		return true
	}
	return s != "" && strings.Trim(s, alphanumeric+"-#=_/@.%") == ""
}

var sandboxFlags = []string{
	"allow-downloads", "allow-forms", "allow-modals", "allow-orientation-lock", "allow-pointer-lock",
	"allow-popups", "allow-popups-to-escape-sandbox", "allow-presentation", "allow-same-origin", "allow-scripts",
	"allow-storage-access-by-user-activation", "allow-top-navigation", "allow-top-navigation-by-user-activation",
	"allow-top-navigation-to-custom-protocols",
}
