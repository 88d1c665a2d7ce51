package main

import (
	"context"
	"fmt"
	"io"
	"net"
)

// printDemo makes users in two tenants, and prints commands to try.
func printDemo(ctx context.Context, out io.Writer, u *users, base string, metrics net.Addr) error {
	passwords := make([]any, 0, 5)
	for _, one := range [][3]string{
		{"anna@acme.example", "acme", "accountant"},
		{"carl@acme.example", "acme", "clerk"},
		{"gina@globex.example", "globex", "accountant"},
	} {
		password, err := u.add(ctx, one[0], one[1], one[2])
		if err != nil {
			return err
		}
		passwords = append(passwords, password)
	}
	_, err := fmt.Fprintf(out, demoText, append(passwords, base, metrics)...)
	return err
}

const demoText = `Without DATABASE this is a demonstration: its database ends with it. Try:

BASE=%[4]s; JSON='Content-Type: application/json'
login() { curl -sS -o /dev/null -w "$1 %%{http_code}\n" -c "$1.jar" "$BASE/login" -H "$JSON" -d "{\"email\":\"$1\",\"password\":\"$2\"}"; }
login carl@acme.example %[2]s      # 204: a clerk of the tenant acme
login anna@acme.example %[1]s      # 204: an accountant of acme
login gina@globex.example %[3]s    # 204: an accountant of globex
curl -sS "$BASE/login" -H "$JSON" -d '{"email":"carl@acme.example","password":"guess"}'  # 401 login_failed

curl -sS -b carl@acme.example.jar "$BASE/v2/invoices" -H "$JSON" -d '{"customer":"Bob","cents":1250,"memo":"late payer"}' >new.json
ID=$(cut -d'"' -f4 new.json)
curl -sS -b carl@acme.example.jar "$BASE/v2/invoices/$ID"                               # with the memo
curl -sS -b anna@acme.example.jar "$BASE/v2/invoices/$ID"                               # with the author, without the memo
curl -sS -b gina@globex.example.jar "$BASE/v2/invoices/$ID"                             # 404: of another tenant
curl -sS -b anna@acme.example.jar -X PATCH "$BASE/v2/invoices/$ID" -H "$JSON" -d '{"paid":true}'
curl -sS -b carl@acme.example.jar -X PATCH "$BASE/v2/invoices/$ID" -H "$JSON" -d '{"paid":false}'  # 403: only an accountant
curl -sS -b carl@acme.example.jar "$BASE/v2/invoices?limit=10"
curl -sSi -b carl@acme.example.jar "$BASE/v1/invoices/$ID"                              # Deprecation, Sunset and Link
curl -sS -b carl@acme.example.jar "$BASE/v2/invoices" -H "$JSON" -d '{"cents":-1,"tenant":"globex"}'  # 400, three faults
curl -sS "http://%[5]s/metrics" | grep http_requests_total

The API in a browser: %[4]s/docs
`
