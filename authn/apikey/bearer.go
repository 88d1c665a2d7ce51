package apikey

import (
	"errors"

	"github.com/go-sallyport/sallyport/authn"
)

// BearerPrefix returns the text with which every key begins if the keys are bearer tokens,
// so that authn.New accepts other bearer tokens beside them. Otherwise, and with
// Config.Legacy, whose keys begin with any text, it returns "".
func (a *Authenticator) BearerPrefix() string {
	if a.bearer && a.legacy == nil {
		return a.head
	}
	return ""
}

// bearerChallenge returns the challenge for err (RFC 6750, section 3).
func bearerChallenge(realm string, err error, isAmbiguous bool) string {
	var code string
	switch {
	case isAmbiguous:
		code = `error="invalid_request", error_description="The request must carry one API key"`
	case errors.Is(err, authn.ErrInvalid):
		code = `error="invalid_token", error_description="The API key is not valid"`
	case errors.Is(err, authn.ErrExpired):
		code = `error="invalid_token", error_description="The API key has expired"`
	}
	switch {
	case realm == "" && code == "":
		return "Bearer"
	case realm == "":
		return "Bearer " + code
	case code == "":
		return `Bearer realm="` + realm + `"`
	}
	return `Bearer realm="` + realm + `", ` + code
}
