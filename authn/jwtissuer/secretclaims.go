package jwtissuer

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/internal/field"
)

// secretNames are names of claims whose values are secrets, as small letters and digits. A
// longer name that ends in one of them is refused too: dbPassword, user-api-key, secrets.
var secretNames = [...]string{
	"password", "passwd", "passphrase", "passcode", "passwordhash", "passworddigest", "secret", "credential",
	"token", "jwt", "apikey", "accesskey", "secretkey", "privatekey", "signingkey", "encryptionkey", "sharedkey", "sessionkey", "hmackey",
	"connectionstring", "authcode", "authorizationcode", "codeverifier", "clientassertion",
	"onetimecode", "verificationcode", "recoverycode", "backupcode", "securitycode", "mnemonic", "seedphrase",
}

// shortSecretNames are refused only as whole names: spin is no pin.
var shortSecretNames = [...]string{"pwd", "pw", "pass", "psk", "dsn", "otp", "totp", "pin", "cvv", "cvc", "cookie", "authorization"}

// redacted is what a safelog.Secret marshals as.
const redacted = `"[REDACTED]"`

// refuseSecrets adds a fault for each claim in text, at any depth, whose name or value says
// that it is a secret. Every holder of a token can read it. allowed are names that the
// caller has declared as public. text is an object that a Verifier accepts.
func refuseSecrets(f *httperr.ConfigFaults, text string, allowed []string) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	walkSecrets(f, dec, "Grant.Claims", "", allowed)
}

// walkSecrets reads one value from dec. path leads to it, and name is its name in the
// object around it.
func walkSecrets(f *httperr.ConfigFaults, dec *json.Decoder, path, name string, allowed []string) {
	t, err := dec.Token()
	if err != nil {
		return
	}
	number := false
	switch v := t.(type) {
	case json.Delim:
		for n := 0; dec.More(); n++ {
			if v == '[' {
				walkSecrets(f, dec, path, name, allowed)
				continue
			}
			key, _ := dec.Token()
			member, _ := key.(string)
			below := path + "." + fmt.Sprintf("%.64s", member)
			if isPluralSecret(name) && !isSecretName(member, false) {
				member = name // of a map of secrets: {"secrets": {"db": "..."}}
			}
			walkSecrets(f, dec, below, member, allowed)
		}
		_, _ = dec.Token() // the end
		return
	case nil, bool: // has_password: true
		return
	case json.Number:
		number = true
	case string:
		if `"`+v+`"` == redacted {
			f.Add(path, nil, "is a Secret, which a token must not carry: every holder of a token reads its claims",
				"leave the field out with json:\"-\"; a service that needs it reads it from its own store")
			return
		}
	}
	if isSecretName(name, number) && !slices.Contains(allowed, name) {
		f.Add(path, nil, "has the name of a secret, and every holder of a token reads its claims",
			"leave it out, or give it another name; if its value is public, "+
				fmt.Sprintf("list %.64q in Config.DangerouslyPublicClaims", name))
	}
}

// isSecretName reports whether a value under name is a secret. A number under a plural is a
// count: tokens.
func isSecretName(name string, number bool) bool {
	var b strings.Builder
	for i := range len(name) {
		if c := field.Lower(name[i : i+1]); 'a' <= c[0] && c[0] <= 'z' || '0' <= c[0] && c[0] <= '9' {
			b.WriteString(c)
		}
	}
	text := strings.TrimRight(b.String(), "0123456789")
	if isListed(text) {
		return true
	}
	singular, plural := strings.CutSuffix(text, "s")
	return plural && !number && isListed(singular)
}

// isPluralSecret reports whether name stands for several secrets.
func isPluralSecret(name string) bool { return isSecretName(name, false) && !isSecretName(name, true) }

func isListed(text string) bool {
	return slices.Contains(shortSecretNames[:], text) ||
		slices.ContainsFunc(secretNames[:], func(name string) bool { return strings.HasSuffix(text, name) })
}
