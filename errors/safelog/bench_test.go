package safelog_test

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/mwtest"
)

var ten = []slog.Attr{
	slog.String("method", "POST"), slog.String("route", "/orders/{id}"), slog.Int("status", 201),
	slog.Int64("bytes", 5120), slog.Duration("duration", 1234567), slog.String("client", "203.0.113.7"),
	slog.String("principal", "user-8f14e45f"), slog.String("rule", "orders:write"), slog.Bool("cached", false),
	slog.Time("since", time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)),
}

func bare() *slog.Logger { return slog.New(slog.NewJSONHandler(io.Discard, nil)) }

func logTen(ctx context.Context, l *slog.Logger) {
	l.LogAttrs(ctx, slog.LevelInfo, "order created", ten...)
}

func BenchmarkTenScalars(b *testing.B) {
	ctx := within("01901630-7a1b-7c3d-8e4f-0123456789ab", "")
	for name, l := range map[string]*slog.Logger{"bare": bare(), "safe": safe(b, bare().Handler())} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				logTen(ctx, l)
			}
		})
	}
}

// ratio returns the time of a line through the handler, divided by the time of a
// line without it. Both run in turns of a fraction of a millisecond, so that
// other work of the machine slows both, and the median leaves out interrupted
// turns. About a fifth of the time without the handler is the price of the ID
// itself, however it is added: a record with room for one more attribute, and
// the writing of that attribute.
func ratio(t testing.TB, more func() bool) float64 {
	ctx := within("01901630-7a1b-7c3d-8e4f-0123456789ab", "")
	plain, clean := bare(), safe(t, bare().Handler())
	const calls = 200
	turn := func(l *slog.Logger) float64 {
		start := time.Now()
		for range calls {
			logTen(ctx, l)
		}
		return float64(time.Since(start))
	}
	var ratios []float64
	for more() {
		p := turn(plain)
		ratios = append(ratios, turn(clean)/p)
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func BenchmarkRatio(b *testing.B) { b.ReportMetric(ratio(b, b.Loop), "x-bare") }

// slog.Logger itself allocates once for more than five attributes, with any
// handler. This test counts only the allocations that Handle adds.
func TestAllocs(t *testing.T) {
	ctx := within("01901630-7a1b-7c3d-8e4f-0123456789ab", "0af7651916cd43dd8448eb211c80319c")
	l := safe(t, bare().Handler())
	mwtest.MaxAllocs(t, "three scalars and both IDs, from the logger", 0, func() { l.LogAttrs(ctx, slog.LevelInfo, "m", ten[:3]...) })
	r := slog.NewRecord(time.Now(), slog.LevelInfo, "order created", 0)
	r.AddAttrs(ten...)
	for name, h := range map[string]slog.Handler{
		"ten scalars":           l.Handler(),
		"ten scalars in groups": l.WithGroup("g").With("a", "b").WithGroup("h").Handler(),
	} {
		mwtest.MaxAllocs(t, name, 1, func() { _ = h.Handle(ctx, r) })
	}
	mwtest.MaxAllocs(t, "ten scalars outside a request", 0, func() { _ = l.Handler().Handle(t.Context(), r) })
	mwtest.MaxAllocs(t, "below the level", 0, func() { l.LogAttrs(ctx, slog.LevelDebug, "m", ten[0]) })

	masked := slog.NewRecord(time.Now(), slog.LevelInfo, "order created", 0)
	masked.AddAttrs(ten...)
	masked.AddAttrs(slog.String("password", planted))
	mwtest.MaxAllocs(t, "ten scalars and a masked one", 1, func() { _ = l.Handler().Handle(ctx, masked) })
}
