package authn

import (
	"github.com/go-sallyport/sallyport/authn/internal/claim"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// checkMetadataURL adds the fault of Config.ResourceMetadata.
func checkMetadataURL(f *httperr.ConfigFaults, url string) {
	if url == "" {
		return
	}
	reason, fix := claim.URLFault(url)
	if reason == "" && !field.Quoted(url) {
		reason, fix = "it goes into a quoted-string", "use printable ASCII without quotes and backslashes"
	}
	if reason != "" {
		f.Add("ResourceMetadata", nil, reason, fix)
	}
}
