package safelog

import (
	"context"
	"log/slog"
	"slices"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

const (
	correlationKey = "correlation_id"
	traceKey       = "trace_id"
	droppedKey     = "safelog_dropped"
)

// A Handler cleans records and hands them on. It is safe for concurrent use if
// the handler behind it is. Nothing that it hands on refers to what was logged,
// so a handler that keeps records for later cannot see them change.
type Handler struct {
	next   slog.Handler
	rules  *rules
	groups []group // open, outermost first
	ids    ids     // set at the root by WithAttrs
	spent  budget  // what WithAttrs took
}

// A group is held back and not opened in next, for behind WithGroup there is
// no way to add an attribute at the root any more.
type group struct {
	name   string
	masked bool // the name is a sensitive key
	attrs  []slog.Attr
}

// ids are the two attributes that are added unless they are there already.
type ids struct{ correlation, trace bool }

// note looks for the IDs in a, an attribute at the root, and in what it inlines.
func (i *ids) note(a slog.Attr) {
	switch {
	case a.Key == correlationKey:
		i.correlation = true
	case a.Key == traceKey:
		i.trace = true
	case a.Key == "" && a.Value.Kind() == slog.KindGroup:
		for _, inner := range a.Value.Group() {
			i.note(inner)
		}
	}
}

// identify returns the IDs of the request that ctx belongs to.
func identify(ctx context.Context) (correlation, trace string) {
	if ctx == nil {
		return "", ""
	}
	rec := carrier.From(ctx)
	if rec == nil {
		return "", ""
	}
	f := rec.Facts()
	return f.CorrelationID, f.TraceID
}

// Enabled implements slog.Handler by asking the handler behind.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler. The attributes are cleaned here, once.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	b := h.budget()
	var clean []slog.Attr
	for _, a := range attrs {
		if a, ok := h.rules.attr(&b, a, len(h.groups)); ok {
			clean = append(clean, a)
			if len(h.groups) == 0 {
				c.ids.note(a)
			}
		}
	}
	c.spent = budget{attrs: h.rules.maxAttrs - b.attrs, dropped: b.dropped}
	switch {
	case len(clean) == 0:
	case len(h.groups) == 0:
		c.next = h.next.WithAttrs(clean) // which may prepare them
	default:
		c.groups = slices.Clone(h.groups)
		last := &c.groups[len(c.groups)-1]
		last.attrs = slices.Concat(last.attrs, clean)
	}
	return &c
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	clean, masked := h.rules.key(name)
	c.groups = append(h.groups[:len(h.groups):len(h.groups)], group{name: clean, masked: masked})
	return &c
}

// budget returns what a record, or WithAttrs, may still use.
func (h *Handler) budget() budget {
	return budget{attrs: h.rules.maxAttrs - h.spent.attrs, nodes: h.rules.maxNodes, dropped: h.spent.dropped}
}

// onStack is how many attributes a record may have before they cost a second
// allocation.
const onStack = 24

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, h.rules.text(r.Message), r.PC)
	b := h.budget()
	var space [onStack]slog.Attr
	if len(h.groups) > 0 {
		attrs := h.appendIDs(space[:0], ctx, h.ids)
		if grouped, ok := h.grouped(&b, r); ok {
			attrs = append(attrs, grouped)
		}
		attrs = appendDropped(attrs, &b)
		out.AddAttrs(attrs...)
		return h.next.Handle(ctx, out)
	}
	attrs, have := space[:2], h.ids // two places are kept for the IDs
	r.Attrs(func(a slog.Attr) bool {
		if a, ok := h.rules.attr(&b, a, 0); ok {
			have.note(a)
			attrs = append(attrs, a)
		}
		return true
	})
	var front [2]slog.Attr
	added := h.appendIDs(front[:0], ctx, have)
	first := 2 - len(added)
	copy(attrs[first:], added)
	attrs = appendDropped(attrs, &b)
	out.AddAttrs(attrs[first:]...)
	return h.next.Handle(ctx, out)
}

func (h *Handler) appendIDs(attrs []slog.Attr, ctx context.Context, have ids) []slog.Attr {
	correlation, trace := identify(ctx)
	if correlation != "" && !have.correlation {
		attrs = append(attrs, slog.String(correlationKey, correlation))
	}
	if trace != "" && !have.trace {
		attrs = append(attrs, slog.String(traceKey, trace))
	}
	return attrs
}

func appendDropped(attrs []slog.Attr, b *budget) []slog.Attr {
	if b.dropped > 0 {
		attrs = append(attrs, slog.Int(droppedKey, b.dropped))
	}
	return attrs
}

// grouped returns the attributes of r inside all open groups, and whether there
// are any. All levels share one allocation.
func (h *Handler) grouped(b *budget, r slog.Record) (slog.Attr, bool) {
	n := r.NumAttrs() + len(h.groups)
	for _, g := range h.groups {
		n += len(g.attrs)
	}
	slab := make([]slog.Attr, 0, n)
	var inner slog.Attr
	found := false
	for i := len(h.groups) - 1; i >= 0; i-- {
		g, start := &h.groups[i], len(slab)
		slab = append(slab, g.attrs...)
		if i == len(h.groups)-1 {
			r.Attrs(func(a slog.Attr) bool {
				if a, ok := h.rules.attr(b, a, i+1); ok {
					slab = append(slab, a)
				}
				return true
			})
		} else if found {
			slab = append(slab, inner)
		}
		if found = len(slab) > start; !found {
			continue
		}
		inner = slog.Attr{Key: g.name, Value: slog.StringValue(redacted)}
		if !g.masked {
			inner.Value = slog.GroupValue(slab[start:len(slab):len(slab)]...)
		}
	}
	return inner, found
}
