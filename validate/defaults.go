package validate

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

// Defaults are the options that all schemas of a service have in common. A service declares
// them once, and names them in the Config of each Schema:
//
//	var service = validate.Defaults{Status: http.StatusUnprocessableEntity, MaxBody: 64 << 10}
//
//	notes, err := validate.New[CreateNote](validate.Config{Defaults: service})
//	files, err := validate.New[Upload](validate.Config{Defaults: service, MaxBody: 8 << 20})
//
// An option of the Config itself replaces the one here, and the names in OtherQuery are
// those of both. [Handler] and [Middleware] have the zero Config, and so no Defaults.
type Defaults struct {
	Status     int                                           // Config.Status
	MaxBody    int64                                         // Config.MaxBody
	OtherQuery []string                                      // with those in Config.OtherQuery
	Messages   func(r *http.Request, f httperr.Fault) string // Config.Messages
}

// inherit fills in the options that cfg takes from its Defaults.
func (cfg *Config) inherit() {
	d := cfg.Defaults
	cfg.Status = cmp.Or(cfg.Status, d.Status, ErrInvalid.Status)
	cfg.MaxBody = cmp.Or(cfg.MaxBody, d.MaxBody)
	if cfg.Messages == nil {
		cfg.Messages = d.Messages
	}
	cfg.OtherQuery = slices.Concat(d.OtherQuery, cfg.OtherQuery)
}
