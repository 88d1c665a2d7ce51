package headers

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// deniedFeatures are the features that the default denies to pages: all features
// that give access to a sensor, a device, money or an identity. Features that
// concern only the page itself, such as fullscreen, stay allowed. Left out are
// ambient-light-sensor and attribution-reporting, which Chromium 156 (December 2026) does
// not implement: it would write an error into the console of each page.
var deniedFeatures = []string{
	"accelerometer", "bluetooth", "browsing-topics",
	"camera", "digital-credentials-create", "digital-credentials-get", "display-capture",
	"geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts",
	"local-network", "local-network-access", "loopback-network", "magnetometer", "microphone", "midi",
	"otp-credentials", "payment", "serial", "usb", "window-management", "xr-spatial-tracking",
}

// otherFeatures are the other features of the registry.
var otherFeatures = []string{
	"ambient-light-sensor", "aria-notify", "attribution-reporting", "autoplay",
	"captured-surface-control", "clipboard-read", "clipboard-write", "compute-pressure", "cross-origin-isolated",
	"deferred-fetch", "deferred-fetch-minimal", "encrypted-media", "fullscreen", "gamepad",
	"keyboard-map", "language-detector", "language-model", "media-playback-while-not-visible",
	"on-device-speech-recognition", "picture-in-picture", "private-state-token-issuance",
	"private-state-token-redemption", "publickey-credentials-create", "publickey-credentials-get",
	"screen-wake-lock", "speaker-selection", "storage-access", "summarizer", "sync-xhr", "translator",
	"unload", "vertical-scroll", "web-share",
}

// deniedPermissions returns the default of PermissionsPolicy.
func deniedPermissions() map[string][]string {
	policy := make(map[string][]string, len(deniedFeatures))
	for _, feature := range deniedFeatures {
		policy[feature] = nil
	}
	return policy
}

// compilePermissions returns the value of Permissions-Policy.
func (f *faults) compilePermissions(cfg *Config) string {
	switch policy := cfg.PermissionsPolicy; {
	case policy == nil:
		return f.compileFeatures("PermissionsPolicy", deniedPermissions())
	case len(policy) == 0:
		return Off
	default:
		return f.compileFeatures("PermissionsPolicy", policy)
	}
}

// compilePermissionsReportOnly returns the value of Permissions-Policy-Report-Only.
func (f *faults) compilePermissionsReportOnly(cfg *Config) string {
	const field = "PermissionsPolicyReportOnly"
	if len(cfg.PermissionsPolicyReportOnly) > 0 && cfg.ReportingEndpoints["default"] == "" {
		f.Add(field, nil, "a policy that is only reported on reports to nobody", `add "default" to ReportingEndpoints`)
	}
	return f.compileFeatures(field, cfg.PermissionsPolicyReportOnly)
}

// compileFeatures returns a policy as a dictionary of structured fields (RFC 9651,
// section 3.2), sorted by key.
func (f *faults) compileFeatures(field string, policy map[string][]string) string {
	var parts []string
	for _, feature := range slices.Sorted(maps.Keys(policy)) {
		at := fmt.Sprintf("%s[%q]", field, feature)
		if !slices.Contains(deniedFeatures, feature) && !slices.Contains(otherFeatures, feature) {
			f.Add(at, nil, "browsers skip a feature that they do not know",
				"write a name of the Permissions Policy registry, such as geolocation")
		}
		list := policy[feature]
		f.checkList(at, list, allowed, "not self, * or an https origin", `write "self" or "https://host.example"`)
		if len(list) > 1 && slices.Contains(list, "*") {
			f.Add(at, "*", "* stands beside another origin", "remove one of them")
		}
		members := make([]string, len(list))
		for i, s := range list {
			if members[i] = s; s != "self" && s != "*" {
				members[i] = `"` + s + `"`
			}
		}
		parts = append(parts, feature+"=("+strings.Join(members, " ")+")")
	}
	return strings.Join(parts, ", ")
}

// allowed reports whether s can stand in the allowlist of a feature.
func allowed(s string) bool {
	if s == "self" || s == "*" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && s == "https://"+u.Host &&
		strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz0123456789.-:*[]") == ""
}
