package validate

import (
	"net/http"
	"slices"
	"strings"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/validate/internal/check"
	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// translate returns err with the messages of Config.Messages in its faults. It
// is a copy, for a Validate method may return an error that all requests share;
// and if that is inside another one, it is not a list of faults of ours.
func (c *compiled) translate(r *http.Request, err error) error {
	e, ok := err.(*httperr.Error)
	if !ok || len(e.Faults) == 0 {
		return err
	}
	translated := *e
	translated.Faults = slices.Clone(e.Faults)
	for i := range translated.Faults {
		f := &translated.Faults[i]
		if m := presentable(c.cfg.Messages(r, *f)); m != "" {
			f.Message = m
		}
	}
	return &translated
}

// presentable makes a message fit for an answer: a terminal or a log that shows
// it must not obey it. Marks of direction stay, some languages need them.
func presentable(message string) string {
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
