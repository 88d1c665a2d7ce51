package headers

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// deniedFeatures are the features that Browser denies to pages: all features
// that give access to a sensor, a device, money or an identity. Features that
// concern only the page itself, such as fullscreen, stay allowed.
var deniedFeatures = []string{
	"accelerometer", "ambient-light-sensor", "attribution-reporting", "bluetooth", "browsing-topics",
	"camera", "digital-credentials-create", "digital-credentials-get", "display-capture",
	"geolocation", "gyroscope", "hid", "identity-credentials-get", "idle-detection", "local-fonts",
	"local-network", "local-network-access", "loopback-network", "magnetometer", "microphone", "midi",
	"otp-credentials", "payment", "serial", "usb", "window-management", "xr-spatial-tracking",
}

// otherFeatures are the other features of the registry that browsers implement.
var otherFeatures = []string{
	"aria-notify", "autoplay", "captured-surface-control", "clipboard-read", "clipboard-write",
	"compute-pressure", "cross-origin-isolated",
	"deferred-fetch", "deferred-fetch-minimal", "encrypted-media", "fullscreen", "gamepad",
	"keyboard-map", "language-detector", "language-model", "media-playback-while-not-visible",
	"on-device-speech-recognition", "picture-in-picture", "private-state-token-issuance",
	"private-state-token-redemption", "publickey-credentials-create", "publickey-credentials-get",
	"screen-wake-lock", "speaker-selection", "storage-access", "summarizer", "sync-xhr", "translator",
	"unload", "vertical-scroll", "web-share",
}

// compilePermissions returns the value of Permissions-Policy: a dictionary of
// structured fields (RFC 9651, section 3.2), sorted by key.
func (f *faults) compilePermissions(policy map[string][]string) string {
	var parts []string
	for _, feature := range slices.Sorted(maps.Keys(policy)) {
		at := fmt.Sprintf("PermissionsPolicy[%q]", feature)
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

// validAllowlistMember reports whether s can stand in the allowlist of a feature.
func allowed(s string) bool {
	if s == "self" || s == "*" {
		return true
	}
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && s == "https://"+u.Host &&
		strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz0123456789.-:*[]") == ""
}
