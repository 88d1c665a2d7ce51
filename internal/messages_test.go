package internal_test

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
)

// adviceInMessage matches the part of a message that says what the client can do.
var adviceInMessage = regexp.MustCompile(`\b([Tt]ry again|Log in|Send|Use|Ask|Leave|Correct|Check|End|Delete|Open) ?\b|\bmust\b`)

// withoutAdvice lists the errors whose message needs no advice, with the reason.
var withoutAdvice = map[string]string{
	"httperr.errClientClosed": "no client is left to read it",
	"tlsconf.ErrMisdirected":  "the status 421 tells the client to use another connection",
	"tlsconf.ErrTarget":       "only a program that writes its own request lines can cause it",
}

// TestMessages compares the message of every declared error with the golden file, and demands
// that it says what the client can do.
func TestMessages(t *testing.T) {
	var lines []string
	declared := sentinels(t)
	for name, e := range declared {
		lines = append(lines, fmt.Sprintf("%s: %s: %s", name, e.code, e.message))
		if why := badMessage(e.message); why != "" && (withoutAdvice[name] == "" || why != noAdvice) {
			t.Errorf("the message of %s %s: %q", name, why, e.message)
		} else if why == "" && withoutAdvice[name] != "" {
			t.Errorf("%s has advice and is listed in withoutAdvice", name)
		}
	}
	for name := range withoutAdvice {
		if _, ok := declared[name]; !ok {
			t.Errorf("withoutAdvice lists %s, which is not declared", name)
		}
	}
	slices.Sort(lines)
	compareGolden(t, "messages.txt", messagesHeader, lines)
}

const messagesHeader = `# Every error that a client can receive: package.Name: code: message. Each message says what the
# client can do. go test ./internal -run TestMessages -update writes this file.
`

const noAdvice = "does not say what the client can do"

// badMessage returns what is wrong with a message, or "". A message is made of whole sentences
// for the user of a client, and at least one of them is advice.
func badMessage(message string) string {
	switch {
	case !regexp.MustCompile(`^[A-Z][^\n{}<>]*\.$`).MatchString(message):
		return "is not made of sentences"
	case len(message) > 140:
		return "is longer than 140 bytes"
	case !adviceInMessage.MatchString(message):
		return noAdvice
	}
	return ""
}

// TestMessagesAreChecked gives badMessage a good message and one of each bad form.
func TestMessagesAreChecked(t *testing.T) {
	for message, want := range map[string]string{
		"The session has ended. Log in again.": "", "The request must have a body.": "",
		"The session has ended.": noAdvice, "": "is not made of sentences", "send it again": "is not made of sentences",
	} {
		if got := badMessage(message); got != want {
			t.Errorf("%q: %q, want %q", message, got, want)
		}
	}
}
