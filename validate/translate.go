package validate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// translate returns a copy of err with the messages of Config.Messages in its faults. The
// error itself stays, because a Validate method may return one that all requests share. An
// error of httperr inside another error is not changed: it is not a list of faults of this
// package.
func (c *compiled) translate(r *http.Request, err error) error {
	e, ok := err.(*httperr.Error)
	if !ok || len(e.Faults) == 0 {
		return err
	}
	translated := *e
	translated.Faults = slices.Clone(e.Faults)
	for i := range translated.Faults {
		f := &translated.Faults[i]
		if m := cleanMessage(c.cfg.Messages(r, *f)); m != "" {
			f.Message = m
		}
	}
	return &translated
}

// cleanMessage makes a message fit for an answer. It replaces control characters, which a
// terminal or a log could obey. Marks of direction stay, because some languages need them.
func cleanMessage(message string) string {
	message = strings.ToValidUTF8(message, "\uFFFD")
	// The second call drops a character that the cut has split.
	message = strings.ToValidUTF8(message[:min(len(message), plan.MaxMessage)], "")
	message = strings.Map(func(c rune) rune {
		if check.Controls(c) {
			return ' '
		}
		return c
	}, message)
	return strings.TrimSpace(message)
}
