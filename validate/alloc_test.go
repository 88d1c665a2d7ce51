package validate

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-playground/validator/v10"

	"github.com/go-sallyport/sallyport/internal/mwtest"
	"github.com/go-sallyport/sallyport/validate/internal/scan"
)

type benchAddress struct {
	Street  string `json:"street" validate:"required,max=100"`
	City    string `json:"city" validate:"required,max=100"`
	Zip     string `json:"zip" validate:"required,len=5"`
	Country string `json:"country" validate:"required,len=2"`
}

type benchItem struct {
	SKU   string   `json:"sku" validate:"required,max=32"`
	Title string   `json:"title" validate:"required,max=200"`
	Qty   int      `json:"qty" validate:"required,min=1,max=99"`
	Price float64  `json:"price" validate:"required,gt=0"`
	Tags  []string `json:"tags" validate:"max=10,dive,max=20"`
}

type benchOrder struct {
	Customer struct {
		Name  string `json:"name" validate:"required,max=100"`
		Email string `json:"email" validate:"required,email"`
		Phone string `json:"phone" validate:"omitempty,e164"`
	} `json:"customer" validate:"required"`
	Shipping benchAddress      `json:"shipping" validate:"required"`
	Billing  *benchAddress     `json:"billing"`
	Items    []benchItem       `json:"items" validate:"required,min=1,max=50,dive"`
	Currency string            `json:"currency" validate:"required,oneof=EUR USD"`
	Note     string            `json:"note" validate:"max=500"`
	Express  bool              `json:"express"`
	Meta     map[string]string `json:"meta" validate:"max=10"`
}

var benchBody = `{"customer":{"name":"Ada Lovelace","email":"ada@example.com","phone":"+441234567890"},` +
	`"shipping":{"street":"12 St James's Square","city":"London","zip":"12345","country":"GB"},` +
	`"billing":{"street":"1 Rue de la Paix","city":"Paris","zip":"75002","country":"FR"},"items":[` +
	strings.Repeat(`{"sku":"A-1029-XL","title":"Analytical engine, second hand, some wear","qty":2,"price":129.95,"tags":["brass","steam","rare"]},`, 3) +
	`{"sku":"B-7","title":"Punched cards \u2014 box of 500","qty":10,"price":4.5e0,"tags":[]}],` +
	`"currency":"EUR","note":"Please ring twice; the bell is quiet.","express":true,"meta":{"campaign":"spring","source":"newsletter"}}`

func benchCore(tb testing.TB) *compiled {
	c, err := compileSchema(Config{}, reflect.TypeFor[benchOrder]())
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

// scanOnce scans body and reports whether it has no faults.
func (c *compiled) scanOnce(body []byte) bool {
	s := scan.NewScanner(c.checker.Limits, body)
	clean := s.Run(c.checker.Root)
	s.Release()
	return clean
}

func TestScanAllocatesNothing(t *testing.T) {
	c := benchCore(t)
	body := []byte(benchBody)
	if !c.scanOnce(body) {
		t.Fatal("the body must be accepted")
	}
	mwtest.MaxAllocs(t, "scan", 0, func() { c.scanOnce(body) })
}

// Rules about which members were sent allocate nothing, unless text is normalised for them.
func TestPresenceAllocatesNothing(t *testing.T) {
	type contact struct {
		Kind  string        `json:"kind"`
		Rate  float64       `json:"rate"`
		Mail  string        `json:"mail" validate:"required_if=Kind 'e-mail' Rate 2.5"`
		Phone Optional[int] `json:"phone" validate:"excluded_with=Mail"`
	}
	c, err := compileSchema(Config{}, reflect.TypeFor[contact]())
	if err != nil {
		t.Fatal(err)
	}
	body := []byte(`{"kind":"e\u002dmail","rate":25e-1,"mail":"a@example.com"}`)
	if !c.scanOnce(body) || c.scanOnce([]byte(`{"kind":"e\u002dmail","rate":25e-1}`)) {
		t.Fatal("no rule asks for the member mail")
	}
	mwtest.MaxAllocs(t, "scan", 0, func() { c.scanOnce(body) })
}

// Beside decoding and the rules, a request costs one allocation: the limited reader.
func TestDecodeAllocs(t *testing.T) {
	c := benchCore(t)
	body := []byte(benchBody)
	r := benchRequest()
	w := mwtest.NewDiscard()
	base := testing.AllocsPerRun(200, func() {
		v := new(benchOrder)
		if json.Unmarshal(body, v) != nil {
			t.Fatal("refused")
		}
		if violations, _, err := c.checker.RunRules(t.Context(), v); len(violations) > 0 || err != nil {
			t.Fatal("broken")
		}
	})
	mwtest.MaxAllocs(t, "decode", base+1, func() {
		rewind(r)
		if _, err := c.decode(w, r, new(benchOrder)); err != nil {
			t.Fatal(err)
		}
	})
}

// The rules of a struct without other structs behind it cost only the allocations of the
// validator.
func TestRulesAllocs(t *testing.T) {
	v := reflect.New(typeWith(tInt, "min=1"))
	v.Elem().Field(0).SetInt(5)
	c, err := compileSchema(Config{}, v.Elem().Type())
	if err != nil {
		t.Fatal(err)
	}
	in := v.Interface()
	base := testing.AllocsPerRun(200, func() { _ = c.checker.Validator.Struct(in) })
	mwtest.MaxAllocs(t, "rules", base, func() {
		if violations, _, err := c.checker.RunRules(t.Context(), in); len(violations) > 0 || err != nil {
			t.Fatal("broken")
		}
	})
}

type rewindable struct{ strings.Reader }

func (*rewindable) Close() error { return nil }

func benchRequest() *http.Request {
	return &http.Request{Method: "POST", Header: http.Header{"Content-Type": {"application/json"}}, Body: &rewindable{}, ContentLength: int64(len(benchBody))}
}

func rewind(r *http.Request) { r.Body.(*rewindable).Reset(benchBody) }

// The scan comes on top of decoding, so its share of that time matters. Both are timed in
// turn, so that a load on the machine is a load on both.
func BenchmarkScan(b *testing.B) {
	c, body := benchCore(b), []byte(benchBody)
	scan := func() {
		if !c.scanOnce(body) {
			b.Fatal("refused")
		}
	}
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		scan()
	}
	b.ReportMetric(quotient(101, scan, func() {
		if err := json.Unmarshal(body, new(benchOrder)); err != nil {
			b.Fatal(err)
		}
	}), "scan/unmarshal")
}

// quotient returns the median, over some rounds, of the time of one divided by the time of
// other in the same round.
func quotient(rounds int, one, other func()) float64 {
	took := func(f func()) float64 {
		start := time.Now()
		for range 50 {
			f()
		}
		return float64(time.Since(start))
	}
	all := make([]float64, rounds)
	for i := range all {
		all[i] = took(one) / took(other)
	}
	slices.Sort(all)
	return all[rounds/2]
}

func TestQuotient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spend := func(d time.Duration) func() { return func() { time.Sleep(d) } }
		if got := quotient(3, spend(3*time.Second), spend(2*time.Second)); got != 1.5 {
			t.Errorf("%v", got)
		}
		// A round that another process has disturbed is not the median.
		n := 0
		if got := quotient(3, func() {
			if n++; n == 60 {
				time.Sleep(time.Hour)
			}
			time.Sleep(time.Second)
		}, spend(2*time.Second)); got != 0.5 {
			t.Errorf("disturbed: %v", got)
		}
	})
}

func BenchmarkUnmarshal(b *testing.B) {
	body := []byte(benchBody)
	b.SetBytes(int64(len(body)))
	b.ReportAllocs()
	for b.Loop() {
		if err := json.Unmarshal(body, new(benchOrder)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshalAndValidator(b *testing.B) {
	body := []byte(benchBody)
	v := validator.New(validator.WithRequiredStructEnabled())
	b.ReportAllocs()
	for b.Loop() {
		o := new(benchOrder)
		if json.Unmarshal(body, o) != nil || v.Struct(o) != nil {
			b.Fatal("refused")
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	c, r, w := benchCore(b), benchRequest(), mwtest.NewDiscard()
	b.ReportAllocs()
	for b.Loop() {
		rewind(r)
		if _, err := c.decode(w, r, new(benchOrder)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRefuse(b *testing.B) {
	c := benchCore(b)
	body := []byte(strings.Replace(benchBody, `"zip":"12345"`, `"zip":5,"x":1`, 1))
	b.ReportAllocs()
	for b.Loop() {
		if c.parse(b.Context(), body, new(benchOrder)) == nil {
			b.Fatal("accepted")
		}
	}
}
