package oauthtest

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

var base64url = base64.RawURLEncoding

// token redeems a code (RFC 6749, section 4.1.3).
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	set := s.current()
	if err := r.ParseForm(); err != nil {
		s.refuse(w, http.StatusBadRequest, "invalid_request")
		return
	}
	f := r.PostForm
	if method := clientMethod(r); !slices.Contains(set.authMethods(), method) {
		s.refuse(w, http.StatusUnauthorized, "invalid_client")
		return
	}
	var g *grant
	switch f.Get("grant_type") {
	case "authorization_code":
		g = s.redeem(f)
	case "refresh_token":
		g = s.redeemRefresh(f.Get("refresh_token"))
	default:
		s.refuse(w, http.StatusBadRequest, "unsupported_grant_type")
		return
	}
	if g == nil {
		s.refuse(w, http.StatusBadRequest, "invalid_grant")
		return
	}
	access := rand.Text()
	s.mu.Lock()
	s.access[access] = g.user
	s.mu.Unlock()
	answer := map[string]any{"access_token": access, "token_type": "Bearer", "expires_in": 300, "scope": g.request.Get("scope")}
	if !set.NoIDs {
		answer["id_token"] = s.idToken(set, g, access)
	}
	if set.Refresh {
		answer["refresh_token"] = s.newRefresh(g)
	}
	apply(set.Token, answer)
	writeJSON(w, http.StatusOK, answer)
}

// clientMethod returns the method by which the client has authenticated, or "" if it has not, or
// in two ways (RFC 6749, section 2.3).
func clientMethod(r *http.Request) string {
	f := r.PostForm
	id, secret, basic := r.BasicAuth()
	post, assertion := f.Has("client_secret"), f.Has("client_assertion")
	switch {
	case basic && !post && !assertion:
		id, _ = url.QueryUnescape(id)
		secret, _ = url.QueryUnescape(secret)
		if id == ClientID && secret == ClientSecret {
			return "client_secret_basic"
		}
	case post && !basic && !assertion:
		if f.Get("client_id") == ClientID && f.Get("client_secret") == ClientSecret {
			return "client_secret_post"
		}
	case assertion && !basic && !post:
		const jwtBearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
		if f.Get("client_assertion_type") == jwtBearer && strings.Count(f.Get("client_assertion"), ".") == 2 {
			return "private_key_jwt"
		}
	case !basic && !post && !assertion && f.Get("client_id") == ClientID:
		return "none"
	}
	return ""
}

// redeem returns the grant of the code in f. It returns nil if the code is unknown, used, too
// old, or belongs to another redirect_uri or verifier.
func (s *Server) redeem(f url.Values) *grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.codes[f.Get("code")]
	if g == nil || g.used || time.Since(g.at) > time.Minute {
		return nil
	}
	g.used = true
	sum := sha256.Sum256([]byte(f.Get("code_verifier")))
	if base64url.EncodeToString(sum[:]) != g.request.Get("code_challenge") || f.Get("redirect_uri") != g.request.Get("redirect_uri") {
		return nil
	}
	return g
}

// newRefresh returns a refresh token for a grant.
func (s *Server) newRefresh(g *grant) string {
	token := rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refresh[token] = g
	return token
}

// redeemRefresh returns the grant of a refresh token, which is good for one use. A second use
// ends the grant (RFC 9700, section 4.14.2).
func (s *Server) redeemRefresh(token string) *grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.refresh[token]
	if g == nil || g.ended {
		return nil
	}
	if s.spent[token] {
		g.ended = true
		return nil
	}
	s.spent[token] = true
	return g
}

// idToken returns the ID token of a grant (OpenID Connect Core, section 2).
func (s *Server) idToken(set Settings, g *grant, access string) string {
	now := time.Now().Unix()
	sum := sha256.Sum256([]byte(access))
	claims := maps.Clone(g.user)
	maps.Copy(claims, map[string]any{
		"iss": s.URL, "aud": ClientID, "iat": now, "exp": now + 300, "nonce": g.request.Get("nonce"),
		"at_hash": base64url.EncodeToString(sum[:16]),
	})
	if age := g.request.Get("max_age"); age != "" {
		if _, set := claims["auth_time"]; !set {
			claims["auth_time"] = now
		}
	}
	if values := strings.Fields(g.request.Get("acr_values")); len(values) > 0 {
		claims["acr"] = values[0]
	}
	apply(set.Claims, claims)
	header := map[string]any{"alg": "ES256", "typ": "JWT", "kid": "1"}
	apply(set.Header, header)
	return s.Sign(header, claims)
}

// Sign returns a JWT that is signed with the key of the Server.
func (s *Server) Sign(header, claims map[string]any) string {
	text, err := json.Marshal(claims)
	if err != nil {
		panic(err)
	}
	return s.SignText(header, string(text))
}

// SignText is Sign for claims that no map can hold, such as a name twice.
func (s *Server) SignText(header map[string]any, claims string) string {
	signed := encode(header) + "." + base64url.EncodeToString([]byte(claims))
	sum := sha256.Sum256([]byte(signed))
	r, v, err := ecdsa.Sign(rand.Reader, s.key, sum[:])
	if err != nil {
		panic(err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	v.FillBytes(signature[32:])
	return signed + "." + base64url.EncodeToString(signature)
}

func encode(object map[string]any) string {
	text, err := json.Marshal(object)
	if err != nil {
		panic(err)
	}
	return base64url.EncodeToString(text)
}

func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	point, err := s.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		panic(err)
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": []any{map[string]any{
		"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "1",
		"x": base64url.EncodeToString(point[1:33]), "y": base64url.EncodeToString(point[33:]),
	}}})
}

// userInfo answers with the claims of the user (OpenID Connect Core, section 5.3).
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	set := s.current()
	s.mu.Lock()
	user := maps.Clone(s.access[token])
	s.mu.Unlock()
	if user == nil {
		s.refuse(w, http.StatusUnauthorized, "invalid_token")
		return
	}
	apply(set.UserInfo, user)
	writeJSON(w, http.StatusOK, user)
}

func (s *Server) refuse(w http.ResponseWriter, status int, code string) {
	s.note(code)
	writeJSON(w, status, map[string]any{"error": code, "error_description": "refused: " + strconv.Itoa(status)})
}

func apply(change func(map[string]any), object map[string]any) {
	if change != nil {
		change(object)
	}
}

func writeJSON(w http.ResponseWriter, status int, object map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(object)
}
