package main

import (
	"fmt"
	"io"
	"log"

	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtissuer"
)

// demo stands for an authorization server: it returns the keys of its tokens, and prints the
// requests of a client that has one.
func demo(out io.Writer) jwks.Source {
	tokens := must(jwtissuer.New(jwtissuer.Config{
		Issuer: issuer, Audience: []string{self}, Key: must(jwtissuer.GenerateKey(jwks.EdDSA)),
	}))
	issued := must(tokens.Issue(jwtissuer.Grant{Subject: "ann", Scopes: []string{"notes:read"}}))
	must(fmt.Fprintf(out, demoText, self, "http://"+addr+"/.well-known/oauth-protected-resource/mcp", issued.Token))
	return tokens
}

const demoText = `# 401: the challenge names the metadata
curl -i %[1]s -d '{"jsonrpc":"2.0","id":1,"method":"initialize"}'

# 200: the metadata names the authorization server
curl -s %[2]s

# 200: with a token of that server, the tool says ann
curl -s %[1]s -H 'Authorization: Bearer %[3]s' -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami"}}'

# 403: a page of another origin
curl -i %[1]s -H 'Authorization: Bearer %[3]s' -H 'Origin: https://evil.example' -d '{"jsonrpc":"2.0","id":1,"method":"ping"}'
`

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
