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

// A Handler cleans records and passes them on to the next handler. It is safe for
// concurrent use if the next handler is. The records that it passes on do not
// refer to the logged values, so a handler that keeps records for later cannot
// see the values change.
type Handler struct {
	next   slog.Handler
	rules  *rules
	groups []group // open groups, outermost first
	plain  bool    // one of the groups is in DangerouslyPlainKeys
	ids    ids     // IDs that WithAttrs set at the root
	spent  budget  // attributes that WithAttrs used and dropped
}

// A group is an open group of WithGroup. The Handler keeps it and does not open
// it in next: once next has an open group, no attribute can be added at the root.
type group struct {
	name   string
	masked bool // the name is a sensitive key
	attrs  []slog.Attr
}

// ids says which of the two IDs the root already has. The others are added.
type ids struct{ correlation, trace bool }

// addFrom looks for the IDs in a, an attribute at the root. A group with an empty
// key is inlined, so its attributes are at the root as well.
func (i *ids) addFrom(a slog.Attr) {
	switch {
	case a.Key == correlationKey:
		i.correlation = true
	case a.Key == traceKey:
		i.trace = true
	case a.Key == "" && a.Value.Kind() == slog.KindGroup:
		for _, inner := range a.Value.Group() {
			i.addFrom(inner)
		}
	}
}

// Enabled implements slog.Handler. The next handler decides.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler. It cleans the attributes once for all
// records.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *h
	b := h.budget()
	var clean []slog.Attr
	for _, a := range attrs {
		if a, ok := h.rules.cleanAttr(&b, a, len(h.groups)); ok {
			clean = append(clean, a)
			if len(h.groups) == 0 {
				c.ids.addFrom(a)
			}
		}
	}
	c.spent = budget{attrs: h.rules.maxAttrs - b.attrs, dropped: b.dropped}
	switch {
	case len(clean) == 0:
	case len(h.groups) == 0:
		c.next = h.next.WithAttrs(clean) // the next handler may preformat them
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
	clean, masked := h.rules.cleanKey(name)
	c.groups = slices.Concat(h.groups, []group{{name: clean, masked: masked}})
	c.plain = h.plain || h.rules.detector.PlainKey(clean)
	return &c
}

// budget returns the limits that are left for a record or for WithAttrs.
func (h *Handler) budget() budget {
	return budget{attrs: h.rules.maxAttrs - h.spent.attrs, nodes: h.rules.maxNodes, dropped: h.spent.dropped, plain: h.plain}
}

// Handle implements slog.Handler.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if len(h.groups) == 0 && h.spent.dropped == 0 && r.NumAttrs() <= h.rules.maxAttrs-h.spent.attrs {
		if have, clean := h.needsNoCleaning(&r); clean {
			r = r.Clone()
			var space [2]slog.Attr
			r.AddAttrs(h.appendIDs(space[:0], ctx, have)...)
			return h.next.Handle(ctx, r)
		}
	}
	return h.rebuild(ctx, r)
}

// needsNoCleaning reports whether r can be passed on unchanged, as most records
// can, and which IDs it has. It returns false for values that need more than a
// scan of their text; rebuild handles them.
func (h *Handler) needsNoCleaning(r *slog.Record) (have ids, clean bool) {
	have = h.ids
	clean = h.rules.isClean(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		if clean = clean && h.rules.isClean(a.Key) && !h.rules.detector.SensitiveKey(a.Key); !clean {
			return false
		}
		switch a.Value.Kind() {
		case slog.KindString:
			clean = h.rules.isClean(a.Value.String())
		case slog.KindAny, slog.KindGroup, slog.KindLogValuer:
			clean = false
		}
		if len(a.Key) == len(correlationKey) || len(a.Key) == len(traceKey) {
			have.addFrom(a)
		}
		return clean
	})
	return have, clean
}

// stackAttrs is the number of attributes that rebuild holds on the stack. A
// record with more attributes costs a second allocation.
const stackAttrs = 24

// rebuild passes on a new record with the cleaned parts of r.
func (h *Handler) rebuild(ctx context.Context, r slog.Record) error {
	b := h.budget()
	out := slog.NewRecord(r.Time, r.Level, h.rules.cleanText(r.Message), r.PC)
	var space [stackAttrs]slog.Attr
	attrs, have := space[:0], h.ids
	if len(h.groups) > 0 {
		attrs = h.appendIDs(attrs, ctx, have)
		if nested, ok := h.nestInGroups(&b, r); ok {
			attrs = append(attrs, nested)
		}
	} else {
		r.Attrs(func(a slog.Attr) bool {
			if a, ok := h.rules.cleanAttr(&b, a, 0); ok {
				have.addFrom(a)
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

// appendIDs appends the IDs of the request in ctx that the root does not have.
func (h *Handler) appendIDs(attrs []slog.Attr, ctx context.Context, have ids) []slog.Attr {
	var correlation, trace string
	if ctx != nil {
		if rec := carrier.From(ctx); rec != nil {
			// Not rec.Facts: it would copy all facts for every line.
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

// nestInGroups returns the attributes of r inside all open groups. It reports
// whether any attribute is left. All levels share one allocation.
func (h *Handler) nestInGroups(b *budget, r slog.Record) (slog.Attr, bool) {
	n := r.NumAttrs() + len(h.groups)
	for _, g := range h.groups {
		n += len(g.attrs)
	}
	all := make([]slog.Attr, 0, n)
	var inner slog.Attr
	found := false
	for i := len(h.groups) - 1; i >= 0; i-- {
		g, start := &h.groups[i], len(all)
		all = append(all, g.attrs...)
		if i == len(h.groups)-1 {
			r.Attrs(func(a slog.Attr) bool {
				if a, ok := h.rules.cleanAttr(b, a, i+1); ok {
					all = append(all, a)
				}
				return true
			})
		} else if found {
			all = append(all, inner)
		}
		if found = len(all) > start; !found {
			continue
		}
		inner = slog.Attr{Key: g.name, Value: slog.StringValue(redacted)}
		if !g.masked {
			inner.Value = slog.GroupValue(all[start:len(all):len(all)]...)
		}
	}
	return inner, found
}
