package validate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// adapt returns err with Config.Status, if it is an ErrInvalid, and its faults with their places
// in the body that was sent and with the messages of Config.Messages. The error itself stays, because a Validate method may return
// one that all requests share. An error of httperr inside another error is not changed: it
// is not a list of faults of this package.
func (c *compiled) adapt(r *http.Request, err error) error {
	e, ok := err.(*httperr.Error)
	if !ok {
		return err
	}
	either := c.checker.Root.Node.Either()
	if e.Status == c.cfg.Status && c.cfg.Messages == nil && !either {
		return err
	}
	adapted := e.With(e.Cause)
	adapted.Faults = slices.Clone(e.Faults)
	if e == ErrInvalid || e.Is(ErrInvalid) {
		adapted.Status = c.cfg.Status
	}
	if either {
		c.checker.Root.Node.Relocate(adapted.Faults, c.isForm(r))
	}
	if c.cfg.Messages != nil {
		for i, f := range adapted.Faults {
			if m := cleanMessage(c.cfg.Messages(r, f)); m != "" {
				adapted.Faults[i].Message = m
			}
		}
	}
	return adapted
}

// cleanMessage makes a message fit for an answer. It replaces control characters, which a
// terminal or a log could obey. Marks of direction stay, because some languages need them.
func cleanMessage(message string) string {
	message = strings.ToValidUTF8(message, "\uFFFD")
	// The second call drops a character that the cut has split.
	message = strings.ToValidUTF8(message[:min(len(message), plan.MaxMessage)], "")
	message = strings.Map(func(c rune) rune {
		if plan.Controls(c) {
			return ' '
		}
		return c
	}, message)
	return strings.TrimSpace(message)
}
