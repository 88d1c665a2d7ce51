package validate

import (
	"context"
	"net/http"
	"net/http/httptest"

	"github.com/go-sallyport/sallyport/validate/internal/plan"
)

// parse turns a body into v, as decode does once it has read it.
func (c *compiled) parse(ctx context.Context, body []byte, v any) error {
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", http.NoBody)
	var in plan.Input
	if err := c.prepare(&in, r, v); err != nil {
		return err
	}
	return c.json(&in, r, body, v)
}
