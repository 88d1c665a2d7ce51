// Events changes events of a calendar. The handler gets the path, query, header
// and body of a request as one value. main_test.go has requests to it.
//
//	go run ./examples/events
//
// It prints its URL, and a request that changes an event.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/tls/tlsconf"
	"github.com/go-sallyport/sallyport/validate"
)

// ChangeEvent is PATCH /events/{id}.
type ChangeEvent struct {
	ID     string                    `path:"id" validate:"uuid"`
	Notify string                    `query:"notify" default:"all" validate:"oneof=all none"`
	Skip   []string                  `query:"skip" style:"comma" validate:"max=9,dive,email"` // skip=a@b.example,c@d.example
	Match  string                    `header:"If-Match" validate:"required"`
	Title  string                    `json:"title" mod:"trim" validate:"required,min=1,max=80"`
	Room   validate.Optional[string] `json:"room" validate:"max=20"` // absent: unchanged; null: removed
	Start  time.Time                 `json:"start" validate:"required"`
	End    time.Time                 `json:"end" validate:"required"`
}

// Validate runs last, and only if all tags above are satisfied.
func (c *ChangeEvent) Validate(context.Context) error {
	if !c.End.After(c.Start) {
		return validate.Fault("/end", "not_after_start", "must be after the start")
	}
	return nil
}

func routes(mux *http.ServeMux, c *calendar) {
	mux.Handle("PATCH /events/{id}", validate.Handler(c.change)) // func(context.Context, *ChangeEvent) (*Event, error)
}

// Event is the response.
type Event struct {
	Title   string    `json:"title"`
	Room    string    `json:"room,omitempty"`
	Start   time.Time `json:"start"`
	End     time.Time `json:"end"`
	version int
}

// SetHeader sends the version that the next If-Match must contain.
func (e *Event) SetHeader(h http.Header) { h.Set("ETag", fmt.Sprintf(`"%d"`, e.version)) }

// errChanged refuses a change whose If-Match names an old version.
var errChanged = &httperr.Error{Status: http.StatusPreconditionFailed, Code: "changed", Message: "The event has changed since you read it."}

// firstEvent is the ID of the only event in a new calendar.
const firstEvent = "0190163d-8694-739b-aea5-966c26f8ad90"

type calendar struct {
	mu     sync.Mutex
	events map[string]Event
}

func newCalendar() *calendar {
	return &calendar{events: map[string]Event{firstEvent: {Title: "Lunch", Room: "B1", version: 1}}}
}

func (c *calendar) change(_ context.Context, in *ChangeEvent) (*Event, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.events[in.ID]
	switch {
	case !ok:
		return nil, httperr.ErrNotFound
	case in.Match != fmt.Sprintf(`"%d"`, e.version):
		return nil, errChanged
	}
	e.Title, e.Start, e.End, e.version = in.Title, in.Start, in.End, e.version+1
	if in.Room.Set {
		e.Room = in.Room.Value // "" if it was null
	}
	c.events[in.ID] = e
	return &e, nil
}

func service() http.Handler {
	mux := http.NewServeMux()
	routes(mux, newCalendar())
	return httperr.WrapMux(mux)
}

func main() {
	addr := flag.String("addr", "127.0.0.1:8081", "where to listen; the quickstart has port 8080")
	flag.Parse()
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%[1]s\n"+
		`curl -iX PATCH http://%[1]s/events/%[2]s -H 'If-Match: "1"' -H 'Content-Type: application/json' \
	-d '{"title":"Tea","room":null,"start":"2026-11-22T10:00:00Z","end":"2026-11-22T11:00:00Z"}'
`, l.Addr(), firstEvent)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err = tlsconf.Serve(ctx, tlsconf.ServerConfig{Listener: l, PlainHTTP: true}, service())
	stop()
	if err != nil {
		log.Fatal(err)
	}
}
