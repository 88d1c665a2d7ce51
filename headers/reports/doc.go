// Package reports receives the reports that browsers send about violations of the policies
// of package headers.
//
// # Use
//
//	cfg := headers.Browser()
//	cfg.ReportingEndpoints = map[string]string{"main": "/reports"}
//	cfg.CSP.ReportTo, cfg.CSP.ReportURI = "main", []string{"/reports"}
//
//	receiver, err := reports.New(reports.Config{Receive: func(r *http.Request, report reports.Report) {
//		if v := report.Violation; v != nil {
//			logger.Info("CSP", "page", v.Document, "directive", v.Directive, "blocked", v.Blocked)
//		}
//	}})
//	mux.Handle("POST /reports", perAddress.Handler(receiver)) // perAddress is a ratelimit.Limiter
//
// # Options
//
//	Receive   gets each report; required
//	MaxBody   the size of a request body; default 64 KiB
//	Deny      writes the response to a refused request; default: httperr.Write
//
// Refused are methods other than POST (405 method_not_allowed), media types other than
// application/csp-report and application/reports+json (415 report_type_unsupported), bodies
// above MaxBody (413 body_too_large) and bodies that are no report (400 report_malformed).
// An accepted request is answered with 204.
//
// # Threat
//
// Anyone can send anything here: a report is no evidence, and its texts come from an
// attacker as often as from a browser. A body without a limit, a thousand reports in one
// body, a text that fills the log.
//
// # Invariant
//
// Receive runs at most 100 times for one request. Each text is valid UTF-8 of at most 1024
// bytes. A member that is missing, or that has another type, is zero: browsers differ, and
// a report only informs.
//
// # Place in the chain
//
// Under the router, inside of a limit by address (ratelimit.ByClientIP, a few per minute)
// and outside of authn: browsers send reports without credentials to another origin. A page
// of another origin needs package cors around the router for application/reports+json.
//
// # What the caller must do
//
// Write no report into HTML without escaping. Know that an address in a report can contain
// personal data: browsers remove its fragment only.
package reports
