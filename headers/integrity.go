package headers

import "strings"

// IntegrityPolicy is Integrity-Policy (Subresource Integrity): browsers refuse each
// subresource of the named kinds that has no attribute integrity, or that is loaded without
// CORS.
type IntegrityPolicy struct {
	BlockedDestinations []string // "script" and "style"
	Endpoints           []string // names from Config.ReportingEndpoints
}

// compileIntegrity returns the value of Integrity-Policy: a dictionary of structured fields
// (RFC 9651, section 3.2). If report is true, browsers only report violations of the policy.
func (f *faults) compileIntegrity(field string, p IntegrityPolicy, endpoints map[string]string, report bool) string {
	if len(p.BlockedDestinations) == 0 {
		if len(p.Endpoints) > 0 {
			f.Add(field+".BlockedDestinations", nil, "the policy blocks nothing", `write "script"`)
		}
		return ""
	}
	f.checkList(field+".BlockedDestinations", p.BlockedDestinations, func(s string) bool { return s == "script" || s == "style" },
		"not a kind of subresource that the policy knows", `write "script" or "style"`)
	value := "blocked-destinations=(" + strings.Join(p.BlockedDestinations, " ") + ")"
	if len(p.Endpoints) == 0 {
		if report {
			f.Add(field+".Endpoints", nil, "a policy that is only reported on reports to nobody", "name an endpoint of ReportingEndpoints")
		}
		return value
	}
	f.checkList(field+".Endpoints", p.Endpoints, func(s string) bool { return endpoints[s] != "" },
		"no reporting endpoint has this name", "add it to ReportingEndpoints")
	return value + ", endpoints=(" + strings.Join(p.Endpoints, " ") + ")"
}
