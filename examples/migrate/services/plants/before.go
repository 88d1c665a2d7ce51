package plants

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/gorilla/mux"
	"github.com/rs/cors"
	"golang.org/x/time/rate"
)

type userKey struct{}

type before struct {
	store  *Store
	secret []byte
}

// Before is the service as it is found.
func Before(store *Store, secret []byte) http.Handler {
	b := &before{store, secret}
	r := mux.NewRouter()
	r.HandleFunc("/users", b.register).Methods("POST")
	private := r.NewRoute().Subrouter()
	private.Use(b.authenticate)
	private.HandleFunc("/gardens", b.addGarden).Methods("POST")
	private.HandleFunc("/gardens/{id}", b.getGarden).Methods("GET")
	private.HandleFunc("/gardens/{id}/plants", b.addPlant).Methods("POST")
	private.HandleFunc("/plants", b.listPlants).Methods("GET")
	private.HandleFunc("/plants/{id}", b.removePlant).Methods("DELETE")
	origins := cors.New(cors.Options{AllowedOrigins: []string{"https://plants.example"}, AllowedMethods: []string{"GET", "POST", "DELETE"},
		AllowedHeaders: []string{"Authorization", "Content-Type"}})
	return origins.Handler(limitAddress(r))
}

func limitAddress(next http.Handler) http.Handler {
	var mu sync.Mutex
	limiters := map[string]*rate.Limiter{}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, _ := net.SplitHostPort(r.RemoteAddr)
		mu.Lock()
		l := limiters[host]
		if l == nil {
			l = rate.NewLimiter(5, 40)
			limiters[host] = l
		}
		mu.Unlock()
		if !l.Allow() {
			http.Error(w, "too many requests", http.StatusTooManyRequests)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (b *before) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims := jwt.MapClaims{}
		raw := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		if _, err := jwt.ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return b.secret, nil }); err != nil {
			http.Error(w, "unauthorized", http.StatusUnauthorized)
			return
		}
		id, _ := claims["user_id"].(float64)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), userKey{}, int(id))))
	})
}

func user(r *http.Request) int { return r.Context().Value(userKey{}).(int) }

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func (b *before) register(w http.ResponseWriter, r *http.Request) {
	var in struct{ Email string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || !strings.Contains(in.Email, "@") {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	id, err := b.store.addUser(in.Email)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	token := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{"user_id": id, "exp": time.Now().Add(24 * time.Hour).Unix()})
	signed, err := token.SignedString(b.secret)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	answer(w, http.StatusCreated, map[string]string{"token": signed})
}

func (b *before) addGarden(w http.ResponseWriter, r *http.Request) {
	var in struct{ Name string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Name == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	answer(w, http.StatusCreated, b.store.addGarden(user(r), in.Name))
}

// own answers 404 unless the garden is there and the caller owns it.
func (b *before) own(w http.ResponseWriter, r *http.Request, id int) (Garden, bool) {
	g, ok := b.store.garden(id)
	if !ok || g.Owner != user(r) {
		http.Error(w, "not found", http.StatusNotFound)
		return Garden{}, false
	}
	return g, true
}

func (b *before) getGarden(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(mux.Vars(r)["id"])
	if g, ok := b.own(w, r, id); ok {
		answer(w, http.StatusOK, g)
	}
}

func (b *before) addPlant(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(mux.Vars(r)["id"])
	g, ok := b.own(w, r, id)
	if !ok {
		return
	}
	var in struct{ Name string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || in.Name == "" {
		http.Error(w, "bad request", http.StatusBadRequest)
		return
	}
	answer(w, http.StatusCreated, b.store.addPlant(g.ID, in.Name))
}

func (b *before) listPlants(w http.ResponseWriter, r *http.Request) {
	gardens := []int{}
	for _, s := range r.URL.Query()["garden_id[]"] {
		id, err := strconv.Atoi(s)
		if err != nil {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		gardens = append(gardens, id)
	}
	answer(w, http.StatusOK, b.store.plantsIn(user(r), gardens))
}

// removePlant forgets to ask for the owner of the garden, as one handler of such a service does.
func (b *before) removePlant(w http.ResponseWriter, r *http.Request) {
	id, _ := strconv.Atoi(mux.Vars(r)["id"])
	if _, ok := b.store.plant(id); !ok {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	b.store.removePlant(id)
	w.WriteHeader(http.StatusNoContent)
}
