package reports

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Refusals of a request.
var (
	ErrType = &httperr.Error{
		Status:  http.StatusUnsupportedMediaType,
		Code:    "report_type_unsupported",
		Message: "The body must have the type application/reports+json or application/csp-report.",
	}
	ErrMalformed = &httperr.Error{Status: http.StatusBadRequest, Code: "report_malformed", Message: "The body is not a report. Send a list of reports in JSON."}
)

var errMethod = httperr.ErrMethodNotAllowed.WithHeader("Allow", http.MethodPost)

// Config configures a Receiver. The zero Config is refused: it has no Receive.
type Config struct {
	_ [0]func()

	// Receive gets each report, before the response begins. It must not block. Required.
	Receive func(*http.Request, Report)

	// MaxBody is the largest body of a request, in bytes: 1 KiB to 1 MiB. 0 means 64 KiB.
	MaxBody int64

	// Deny answers a refused request. Nil means httperr.Write.
	Deny func(http.ResponseWriter, *http.Request, error)
}

const (
	defaultBody      = 64 << 10
	minBody, maxBody = 1 << 10, 1 << 20
)

// A Receiver is the handler of an endpoint for reports. It is safe for concurrent use; make
// one with New.
type Receiver struct {
	receive func(*http.Request, Report)
	max     int64
	deny    func(http.ResponseWriter, *http.Request, error)
}

// New compiles cfg. It returns all faults of cfg at once, joined, each a *httperr.ConfigError.
func New(cfg Config) (*Receiver, error) {
	f := httperr.ConfigFaults{Package: "reports"}
	v := &Receiver{cfg.Receive, cfg.MaxBody, cfg.Deny}
	if cfg.Receive == nil {
		f.Add("Receive", nil, "the reports would be lost", "set a function that logs or counts them")
	}
	if v.max == 0 {
		v.max = defaultBody
	}
	if v.max < minBody || v.max > maxBody {
		f.Add("MaxBody", cfg.MaxBody, "not from 1 KiB to 1 MiB", "leave it out, which means 64 KiB")
	}
	if v.deny == nil {
		v.deny = httperr.Write
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	return v, nil
}

// ServeHTTP implements http.Handler.
func (v *Receiver) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	all, err := v.read(w, r)
	if err != nil {
		v.deny(w, r, err)
		return
	}
	for i := range all {
		v.receive(r, all[i])
	}
	w.WriteHeader(http.StatusNoContent)
}

// read returns the reports in the body of r.
func (v *Receiver) read(w http.ResponseWriter, r *http.Request) ([]Report, error) {
	if r.Method != http.MethodPost {
		return nil, errMethod
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || len(r.Header["Content-Type"]) > 1 {
		return nil, ErrType
	}
	parse := parsers[mediaType]
	if parse == nil {
		return nil, ErrType
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, v.max))
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, httperr.ErrBodyTooLarge.With(tooLarge)
	} else if err != nil {
		return nil, err
	}
	all, err := parse(body, r)
	if err != nil {
		return nil, ErrMalformed.With(fmt.Errorf("reports: %w", err))
	}
	return all, nil
}
