package carrier_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sallyport/sallyport/internal/carrier"
)

type otherKey struct{}

func TestEnsureCreatesOnce(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	r = r.WithContext(context.WithValue(r.Context(), otherKey{}, "kept"))

	rec, first := carrier.Ensure(r)
	if first == r {
		t.Fatal("the request must be copied when a record is added")
	}
	if carrier.From(r.Context()) != nil {
		t.Fatal("the original request must stay untouched")
	}
	if got := first.Context().Value(otherKey{}); got != "kept" {
		t.Fatalf("parent value = %v", got)
	}
	again, second := carrier.Ensure(first)
	if again != rec || second != first {
		t.Fatal("a request that carries a record must be returned as it is")
	}
}

func TestRecordEndsWithItsParent(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil).WithContext(ctx))
	child, stop := context.WithCancel(r.Context())
	defer stop()
	cancel()
	<-child.Done()
	if r.Context().Err() == nil {
		t.Fatal("cancellation must pass through the record")
	}
}

func TestFactsNeverPrinted(t *testing.T) {
	rec, r := carrier.Ensure(httptest.NewRequest("GET", "/", nil))
	rec.Update(func(f *carrier.Facts) { f.Subject = "s3cret-subject" })
	for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
		child, cancel := context.WithCancel(r.Context())
		if s := fmt.Sprintf(verb, r.Context()) + fmt.Sprintf(verb, child); strings.Contains(s, "s3cret") && verb != "%#v" {
			t.Errorf("%s printed the facts: %s", verb, s)
		}
		cancel()
	}
	if s := fmt.Sprintf("%#v", r.Context()); strings.Contains(s, "s3cret") {
		t.Errorf("%%#v printed the facts: %s", s)
	}
}

func TestValuesAreNeverShared(t *testing.T) {
	rec, _ := carrier.Ensure(httptest.NewRequest("GET", "/", nil))
	h := http.Header{}
	for i := range 40 { // more than the array has room for
		rec.SetHeader(h, fmt.Sprintf("X-%d", i), "v")
	}
	for i := range 40 {
		k := fmt.Sprintf("X-%d", i)
		h[k][0] = "changed"
		h[k] = append(h[k], "grown")
		for j := i + 1; j < 40; j++ {
			if got := h[fmt.Sprintf("X-%d", j)]; len(got) != 1 || got[0] != "v" {
				t.Fatalf("changing X-%d changed X-%d to %q", i, j, got)
			}
		}
	}
	var none *carrier.Record
	none.SetHeader(h, "X-None", "v")
	if h.Get("X-None") != "v" {
		t.Fatal("a nil record must still set headers")
	}
}

// http.TimeoutHandler leaves the inner handler running while the outer layers finish.
// Under -race this test proves that both may use the record at the same time.
func TestTimeoutHandlerLeavesWriterBehind(t *testing.T) {
	var wg sync.WaitGroup
	wg.Add(1)
	release := make(chan struct{})
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer wg.Done()
		rec := carrier.From(r.Context())
		for open := true; open; {
			select {
			case <-release:
				open = false
			default:
			}
			rec.Update(func(f *carrier.Facts) { f.Code = "late" })
			rec.SetHeader(w.Header(), "X-Late", "v")
		}
	})
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec, r := carrier.Ensure(r)
		http.TimeoutHandler(inner, time.Millisecond, "late").ServeHTTP(w, r)
		for range 100 {
			_ = rec.Facts()
			rec.SetHeader(w.Header(), "X-Outer", "v")
		}
	})
	outer.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/", nil))
	close(release)
	wg.Wait()
}

func TestAllocs(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	var sink *http.Request
	if n := testing.AllocsPerRun(1000, func() { _, sink = carrier.Ensure(r) }); n > 1 {
		t.Errorf("Ensure: %v allocs, want the record only", n)
	}
	rec, r := carrier.Ensure(r)
	if n := testing.AllocsPerRun(1000, func() {
		_, sink = carrier.Ensure(r)
		rec.Update(func(f *carrier.Facts) { f.Code = sink.Method })
		_ = rec.Facts()
	}); n > 0 {
		t.Errorf("second Ensure, Update and Facts: %v allocs, want 0", n)
	}
}

func TestFirstBodyErrorStays(t *testing.T) {
	rec := new(carrier.Record)
	if err := rec.BodyError(); err != nil {
		t.Errorf("%v before any", err)
	}
	first := errors.New("first")
	rec.NoteBodyError(first)
	rec.NoteBodyError(errors.New("second"))
	if err := rec.BodyError(); err != first {
		t.Errorf("%v, want the first", err)
	}
}
