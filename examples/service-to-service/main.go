// Service-to-service starts two services, orders and stock, and a proxy in front of stock. Orders
// calls stock in four ways, each with a good credential and with bad ones, and the program prints
// the answers:
//
//	go run ./examples/service-to-service
//
// The certificates, the API key and the token are made when the program starts. In a real mesh,
// an agent such as SPIRE or cert-manager issues and renews the certificates.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"text/tabwriter"
)

func main() {
	s := start(slog.New(slog.DiscardHandler)) // slog.Default() shows one record for each request
	printCalls(os.Stdout, s.calls(context.Background()))
	check(s.Close())
}

// printCalls prints calls as a table.
func printCalls(out io.Writer, calls []call) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "WAY\tCREDENTIAL\tSTATUS\tCALLER OR CODE")
	for _, c := range calls {
		_, _ = fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", c.way, c.credential, c.status, c.text)
	}
	check(table.Flush())
}

// must ends the program if a Config is faulty, and prints each fault on a line.
func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
