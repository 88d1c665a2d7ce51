package tools

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/go-sallyport/sallyport/authn"
	"github.com/go-sallyport/sallyport/authn/jwks"
	"github.com/go-sallyport/sallyport/authn/jwtauth"
	"github.com/go-sallyport/sallyport/authz/object"
	"github.com/go-sallyport/sallyport/errors/audit"
	"github.com/go-sallyport/sallyport/errors/httperr"
	"github.com/go-sallyport/sallyport/examples/routers"
	"github.com/go-sallyport/sallyport/headers"
	"github.com/go-sallyport/sallyport/validate"
)

// Settings are the values that differ from one deployment to the next.
type Settings struct {
	Issuer    string      // the identity provider of new tokens
	Keys      jwks.Source // its keys
	OldSecret []byte      // of the tokens of before
	Until     time.Time   // these are accepted
	Sink      audit.Sink
}

const audience = "https://tools.example"

type after struct {
	store *Store
	tools *object.Guard[Tool, int]
}

// After is the service after the move, on the same engine.
func After(store *Store, s Settings) (http.Handler, error) {
	verifier, err := jwtauth.New(jwtauth.Config{
		Issuer: s.Issuer, Audience: []string{audience}, Keys: s.Keys,
		Legacy: &jwtauth.Legacy{Issuer: s.Issuer, Secrets: []jwks.Secret{{Value: s.OldSecret}},
			MaxLifetime: 24 * time.Hour, Until: s.Until},
	})
	if err != nil {
		return nil, err
	}
	auth, err1 := authn.New(authn.Config{Authenticators: []authn.Authenticator{verifier}})
	tools, err2 := object.New(object.Config[Tool, int]{
		Name: "tool", Parse: strconv.Atoi,
		Load:  func(_ context.Context, id int) (Tool, bool, error) { t, ok := store.tool(id); return t, ok, nil },
		Owner: func(t Tool) object.Owner { return object.Owner{Subject: t.Owner} }, Issuer: s.Issuer, SingleTenant: true,
	})
	service := validate.Defaults{Status: http.StatusUnprocessableEntity}
	list, err3 := validate.New[List](validate.Config{Defaults: service})
	add, err4 := validate.New[Add](validate.Config{Defaults: service})
	change, err5 := validate.New[Change](validate.Config{Defaults: service})
	errs, err6 := httperr.New(httperr.Config{Sink: s.Sink, Encoder: byTag{}})
	hdr, err7 := headers.New(headers.API())
	if err := errors.Join(err1, err2, err3, err4, err5, err6, err7); err != nil {
		return nil, err
	}
	a := &after{store, tools}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.Use(routers.Gin)
	engine.NoRoute(func(c *gin.Context) { httperr.Write(c.Writer, c.Request, httperr.ErrNotFound) })
	engine.NoMethod(func(c *gin.Context) { httperr.Write(c.Writer, c.Request, httperr.ErrMethodNotAllowed) }) // gin has set Allow
	engine.GET("/tools", gin.WrapH(validate.Handle(list, a.list)))
	private := engine.Group("/", routers.GinLayer(auth.Handler))
	private.POST("/tools", gin.WrapH(validate.Handle(add, a.add)))
	private.PUT("/tools/:id", routers.GinLayer(tools.Handler), gin.WrapH(validate.Handle(change, a.change)))
	return errs.Handler(hdr.Handler(bearer(engine))), nil
}

// bearer accepts a token without a scheme, and one in the query, until all clients send
// "Authorization: Bearer …". The handlers do not see the one in the query.
func bearer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		token := query.Get("access_token")
		switch field := r.Header.Get("Authorization"); {
		case strings.Count(field, ".") == 2 && !strings.Contains(field, " ") && len(r.Header["Authorization"]) == 1:
			token = field
		case field != "":
			token = ""
		}
		if token != "" {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+token)
			query.Del("access_token")
			r.URL.RawQuery = query.Encode()
		}
		next.ServeHTTP(w, r)
	})
}
