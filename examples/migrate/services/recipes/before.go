package recipes

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

type userKey struct{}

type before struct {
	store  *Store
	secret []byte
}

// Before is the service as it is found.
func Before(store *Store, secret []byte) http.Handler {
	b := &before{store, secret}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/users", b.register)
	mux.HandleFunc("GET /api/recipes/{slug}", b.optional(b.get))
	mux.HandleFunc("POST /api/recipes", b.required(b.add))
	mux.HandleFunc("PUT /api/recipes/{slug}", b.required(b.change))
	return allowAny(mux)
}

func allowAny(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, DELETE")
		w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (b *before) user(r *http.Request) int {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Token ")
	if !ok {
		return 0
	}
	claims := jwt.RegisteredClaims{}
	if _, err := jwt.ParseWithClaims(raw, &claims, func(*jwt.Token) (any, error) { return b.secret, nil }); err != nil {
		return 0
	}
	id, _ := strconv.Atoi(claims.Subject)
	return id
}

func (b *before) optional(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		next(w, r.WithContext(context.WithValue(r.Context(), userKey{}, b.user(r))))
	}
}

func (b *before) required(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id := b.user(r)
		if id == 0 {
			fail(w, http.StatusUnauthorized, "token", "is missing or wrong")
			return
		}
		next(w, r.WithContext(context.WithValue(r.Context(), userKey{}, id)))
	}
}

func caller(r *http.Request) int { return r.Context().Value(userKey{}).(int) }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func fail(w http.ResponseWriter, status int, field, message string) {
	answer(w, status, map[string]any{"errors": map[string][]string{field: {message}}})
}

func (b *before) register(w http.ResponseWriter, r *http.Request) {
	var in struct{ User struct{ Email string } }
	if json.NewDecoder(r.Body).Decode(&in) != nil || !strings.Contains(in.User.Email, "@") {
		fail(w, http.StatusUnprocessableEntity, "email", "is not valid")
		return
	}
	id, free := b.store.addUser(in.User.Email)
	if !free {
		fail(w, http.StatusUnprocessableEntity, "email", "is taken")
		return
	}
	signed, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{Subject: strconv.Itoa(id),
		ExpiresAt: jwt.NewNumericDate(time.Now().Add(7 * 24 * time.Hour))}).SignedString(b.secret)
	if err != nil {
		fail(w, http.StatusInternalServerError, "server", err.Error())
		return
	}
	answer(w, http.StatusCreated, map[string]any{"user": map[string]string{"token": signed}})
}

func (b *before) get(w http.ResponseWriter, r *http.Request) {
	recipe, ok := b.store.recipe(r.PathValue("slug"))
	if !ok {
		fail(w, http.StatusNotFound, "recipe", "not found")
		return
	}
	recipe.Mine = recipe.Author == caller(r)
	answer(w, http.StatusOK, map[string]any{"recipe": recipe})
}

func (b *before) add(w http.ResponseWriter, r *http.Request) {
	var in struct{ Recipe struct{ Title, Steps string } }
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Recipe.Title == "" {
		fail(w, http.StatusUnprocessableEntity, "title", "can't be blank")
		return
	}
	recipe := b.store.add(caller(r), in.Recipe.Title, in.Recipe.Steps)
	recipe.Mine = true
	answer(w, http.StatusCreated, map[string]any{"recipe": recipe})
}

func (b *before) change(w http.ResponseWriter, r *http.Request) {
	recipe, ok := b.store.recipe(r.PathValue("slug"))
	if !ok {
		fail(w, http.StatusNotFound, "recipe", "not found")
		return
	}
	if recipe.Author != caller(r) {
		fail(w, http.StatusForbidden, "recipe", "is not yours")
		return
	}
	in := struct{ Recipe struct{ Title, Steps string } }{recipeFields(recipe)} // the body is read into the stored values
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.Recipe.Title == "" {
		fail(w, http.StatusUnprocessableEntity, "title", "can't be blank")
		return
	}
	recipe.Title, recipe.Steps, recipe.Mine = in.Recipe.Title, in.Recipe.Steps, true
	b.store.put(recipe)
	answer(w, http.StatusOK, map[string]any{"recipe": recipe})
}

func recipeFields(r Recipe) struct{ Title, Steps string } {
	return struct{ Title, Steps string }{r.Title, r.Steps}
}
