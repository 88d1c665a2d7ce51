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
	c.groups = slices.Concat(h.groups, []group{{name: clean, masked: masked}})
	return &c
}

// budget returns what a record, or WithAttrs, may still use.
func (h *Handler) budget() budget {
	return budget{attrs: h.rules.maxAttrs - h.spent.attrs, nodes: h.rules.maxNodes, dropped: h.spent.dropped}
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if len(h.groups) == 0 && h.spent.dropped == 0 && r.NumAttrs() <= h.rules.maxAttrs-h.spent.attrs {
		if have, clean := h.untouched(&r); clean {
			r = r.Clone()
			h.addIDs(&r, ctx, have)
			return h.next.Handle(ctx, r)
		}
	}
	return h.rebuild(ctx, r)
}

// untouched reports whether nothing in r needs to be changed, as is the case for
// most records, and which IDs it has. Whatever takes more than a look is left
// to rebuild.
func (h *Handler) untouched(r *slog.Record) (have ids, clean bool) {
	have = h.ids
	clean = h.rules.clean(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if clean = clean && h.rules.clean(a.Key) && !h.rules.secrets.SensitiveKey(a.Key); !clean {
			return false
		}
		switch a.Value.Kind() {
		case slog.KindString:
			clean = h.rules.clean(a.Value.String())
		case slog.KindAny, slog.KindGroup, slog.KindLogValuer:
			clean = false
		}
		if len(a.Key) == len(correlationKey) || len(a.Key) == len(traceKey) {
			have.note(a)
		}
		return clean
	})
	return have, clean
}

// onStack is how many attributes a record may have before they cost a second
// allocation.
const onStack = 24

// rebuild hands on a record of what is left of r.
func (h *Handler) rebuild(ctx context.Context, r slog.Record) error {
	b := h.budget()
	out := slog.NewRecord(r.Time, r.Level, h.rules.text(r.Message), r.PC)
	var space [onStack]slog.Attr
	attrs, have := space[:0], h.ids
	if len(h.groups) > 0 {
		h.addIDs(&out, ctx, have)
		if grouped, ok := h.grouped(&b, r); ok {
			attrs = append(attrs, grouped)
		}
	} else {
		r.Attrs(func(a slog.Attr) bool {
			if a, ok := h.rules.attr(&b, a, 0); ok {
				have.note(a)
				attrs = append(attrs, a)
			}
			return true
		})
		attrs = h.appendIDs(attrs, ctx, have)
	}
	if b.dropped > 0 {
		attrs = append(attrs, slog.Int(droppedKey, b.dropped))
	}
	out.AddAttrs(attrs...)
	return h.next.Handle(ctx, out)
}

func (h *Handler) addIDs(r *slog.Record, ctx context.Context, have ids) {
	var space [2]slog.Attr
	r.AddAttrs(h.appendIDs(space[:0], ctx, have)...)
}

// appendIDs adds the IDs of the request that ctx belongs to.
func (h *Handler) appendIDs(attrs []slog.Attr, ctx context.Context, have ids) []slog.Attr {
	var correlation, trace string
	if ctx != nil {
		if rec := carrier.From(ctx); rec != nil {
			// Facts would copy all of them, on every line.
			rec.Update(func(f *carrier.Facts) { correlation, trace = f.CorrelationID, f.TraceID() })
		}
	}
	if correlation != "" && !have.correlation {
		attrs = append(attrs, slog.String(correlationKey, correlation))
	}
	if trace != "" && !have.trace {
		attrs = append(attrs, slog.String(traceKey, trace))
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
