package oauthtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"time"
)

// The client that every Server knows.
const (
	ClientID     = "notes"
	ClientSecret = "a secret, with:odd/characters"
)

// Settings change how a Server answers. Each function gets the good answer and may change it.
type Settings struct {
	// User are the claims about the user that is logged in, beside the protocol's own.
	User map[string]any

	// RedirectURIs are the registered addresses. Empty: every address.
	RedirectURIs []string

	// PostLogoutURIs are the registered addresses for the browser after a logout, and
	// BackChannelURI is that for logout tokens.
	PostLogoutURIs []string
	BackChannelURI string

	// AuthMethods are the accepted ways of the client to authenticate. Empty:
	// client_secret_basic and client_secret_post.
	AuthMethods []string

	Metadata func(map[string]any)                          // of discovery
	Answer   func(url.Values)                              // the authorization response
	Header   func(map[string]any)                          // of the ID token
	Claims   func(map[string]any)                          // of the ID token
	Token    func(map[string]any)                          // the token response
	UserInfo func(map[string]any)                          // the UserInfo response
	Hostile  func(http.ResponseWriter, *http.Request) bool // answers in place of the Server if it returns true
	Refresh  bool                                          // gives refresh tokens, each good for one use
	NoIDs    bool                                          // plain OAuth 2.0: no ID token
}

// A Server is an OpenID provider. Make one with New.
type Server struct {
	URL string // the issuer

	server *httptest.Server
	key    *ecdsa.PrivateKey

	mu       sync.Mutex
	settings Settings
	codes    map[string]*grant
	access   map[string]map[string]any // the user of each access token
	refresh  map[string]*grant         // of each refresh token
	spent    map[string]bool           // the refresh tokens that were used
	requests map[string]int            // by path
	refused  []string                  // the reasons of refusals
	last     url.Values                // the last authorization request
}

// A grant is an authorization that waits for its code to be redeemed.
type grant struct {
	request url.Values
	user    map[string]any
	at      time.Time
	used    bool
	ended   bool // a refresh token was used twice
}

// New starts a Server.
func New() *Server {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	s := &Server{
		key:   key,
		codes: map[string]*grant{}, access: map[string]map[string]any{}, refresh: map[string]*grant{},
		spent: map[string]bool{}, requests: map[string]int{},
		settings: Settings{User: map[string]any{"sub": "ann-1", "email": "ann@example.com", "email_verified": true, "name": "Ann"}},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", s.discovery)
	mux.HandleFunc("GET /jwks", s.jwks)
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	mux.HandleFunc("GET /userinfo", s.userInfo)
	mux.HandleFunc("GET /logout", s.endSession)
	mux.HandleFunc("POST /revoke", s.revoke)
	s.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests[r.URL.Path]++
		hostile := s.settings.Hostile
		s.mu.Unlock()
		if hostile == nil || !hostile(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	s.URL = s.server.URL
	return s
}

// Close stops the Server.
func (s *Server) Close() {
	s.server.CloseClientConnections()
	s.server.Close()
}

// Change changes the settings.
func (s *Server) Change(change func(*Settings)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.settings)
}

// Requests returns how many requests a path has got.
func (s *Server) Requests(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[path]
}

// Refused returns the reasons for which the Server has refused requests, in their order.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.refused...)
}

// LastRequest returns the parameters of the last authorization request.
func (s *Server) LastRequest() url.Values {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.last)
}

func (s *Server) current() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings
}

func (s *Server) note(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, reason)
}
