package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A soakClient sends one kind of request after the other, as a user with a session does.
type soakClient struct {
	base, apiKey, password string
	client                 *http.Client
	token, cookie, note    string
	rnd                    *rand.Rand
}

// A soakAnswer is the part of a response that the soak looks at.
type soakAnswer struct {
	status int
	code   string // of the envelope
	token  string
}

func (c *soakClient) send(method, path, body string, headers ...string) (a soakAnswer, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, c.base+path, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	res, err := c.client.Do(r)
	if err != nil {
		return a, err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return a, err
	}
	for _, cookie := range res.Cookies() {
		c.cookie = cookie.Name + "=" + cookie.Value
	}
	var parsed struct {
		Code  string `json:"code"`
		Token string `json:"access_token"`
		ID    string `json:"id"`
	}
	_ = json.Unmarshal(text, &parsed) // an empty body has neither
	if method == http.MethodPost && path == "/v1/notes" {
		c.note = parsed.ID
	}
	return soakAnswer{res.StatusCode, parsed.Code, parsed.Token}, nil
}

// login starts a session and creates a note.
func (c *soakClient) login() error {
	a, err := c.insist("/v1/login", `{"email":"walt@notes.example","password":"`+c.password+`"}`)
	if err != nil {
		return err
	}
	c.token = a.token
	_, err = c.insist("/v1/notes", `{"title":"mine"}`, "Authorization", "Bearer "+c.token)
	return err
}

// insist posts body until the answer is not 503, which a busy machine can cause.
func (c *soakClient) insist(path, body string, headers ...string) (a soakAnswer, err error) {
	for range 20 {
		if a, err = c.send("POST", path, body, headers...); err != nil || a.status != http.StatusServiceUnavailable {
			break
		}
		<-time.After(soakPause)
	}
	if err == nil && a.status != http.StatusOK && a.status != http.StatusCreated {
		err = fmt.Errorf("%s: %+v", path, a)
	}
	return a, err
}

// A soakStep is one kind of request, with the answers that it may get while every store
// works. 503 with a code is the answer to a fault, and counts apart outside of faults.
type soakStep struct {
	share int // of a hundred requests
	want  string
	send  func(*soakClient) (soakAnswer, error)
}

var soakSteps = []soakStep{
	{40, "200 ", func(c *soakClient) (soakAnswer, error) {
		return c.send("GET", "/v1/notes/"+c.note, "", "Authorization", "Bearer "+c.token)
	}},
	{10, "200 ", func(c *soakClient) (soakAnswer, error) {
		return c.send("PATCH", "/v1/notes/"+c.note, `{"title":"other"}`, "Authorization", "Bearer "+c.token)
	}},
	{10, "200 ", func(c *soakClient) (soakAnswer, error) {
		return c.send("GET", "/v1/me", "", "X-API-Key", c.apiKey)
	}},
	{10, "401 invalid_credentials", func(c *soakClient) (soakAnswer, error) {
		return c.send("GET", "/v1/me", "", "Authorization", "Bearer "+c.token+"x")
	}},
	{10, "400 validation_failed", func(c *soakClient) (soakAnswer, error) {
		return c.send("PATCH", "/v1/notes/"+c.note, `{"colour":"red"}`, "Authorization", "Bearer "+c.token)
	}},
	{8, "204 ", func(c *soakClient) (soakAnswer, error) {
		return c.send("OPTIONS", "/v1/notes", "", "Origin", frontEnd, "Access-Control-Request-Method", "PATCH")
	}},
	{7, "404 not_found", func(c *soakClient) (soakAnswer, error) {
		return c.send("GET", "/v1/notes/019ab0c4-8a3f-7d5e-9c1b-0f2e6a7b8c9d", "", "Authorization", "Bearer "+c.token)
	}},
	{5, "200 ", func(c *soakClient) (soakAnswer, error) {
		a, err := c.send("POST", "/v1/token/refresh", "", "Cookie", c.cookie)
		if err == nil && a.status == http.StatusOK {
			c.token = a.token
		}
		return a, err
	}},
}

// step sends a random request. It returns the wanted answer and the answer.
func (c *soakClient) step() (want string, a soakAnswer, err error) {
	n := c.rnd.IntN(100)
	for _, s := range soakSteps {
		if n -= s.share; n < 0 {
			a, err = s.send(c)
			return s.want, a, err
		}
	}
	return "", a, nil
}

// A soakReport holds the results of a soak.
type soakReport struct {
	mu               sync.Mutex
	requests, during int // all, and those during a fault
	internal         int // answers 500, which a panic gives too
	unavailable      int // answers 503 outside of faults
	wrong            map[string]int
	took             []time.Duration // outside of faults
	late             []time.Duration // of timers
	heap             []float64       // MiB, each second, after a collection
	seconds          float64
}

// add counts an answer. calm is false if a fault may have touched the request.
func (r *soakReport) add(want string, a soakAnswer, err error, took time.Duration, calm bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests++
	if !calm {
		r.during++
	} else {
		r.took = append(r.took, took)
	}
	got := fmt.Sprintf("%d %s", a.status, a.code)
	switch {
	case err != nil:
		r.wrong[err.Error()]++
	case a.status == http.StatusInternalServerError:
		r.internal++
		r.wrong[got]++
	case got == want:
	case a.status == http.StatusServiceUnavailable && a.code != "":
		if calm {
			r.unavailable++
		}
	default:
		r.wrong[got+" instead of "+want]++
	}
}

// watch measures the heap each second, and how late timers are, until done. A machine that
// halts for longer than soakStall is a fault too: stalled is the time until which it may touch
// requests.
func (r *soakReport) watch(done <-chan struct{}, stalled *atomic.Int64) {
	for second := time.Now(); ; {
		start := time.Now()
		select {
		case <-done:
			return
		case <-time.After(5 * time.Millisecond):
		}
		late := time.Since(start) - 5*time.Millisecond
		if late > soakStall {
			stalled.Store(time.Now().Add(soakStall).UnixNano())
		}
		r.mu.Lock()
		r.late = append(r.late, late)
		r.mu.Unlock()
		if time.Since(second) >= time.Second {
			second = time.Now()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			r.mu.Lock()
			r.heap = append(r.heap, float64(m.HeapAlloc)/(1<<20))
			r.mu.Unlock()
		}
	}
}

// slope returns by how many MiB the heap grows in a minute: the mean of the last third
// against that of the third before. The first third is for caches that fill.
func (r *soakReport) slope() float64 {
	third := len(r.heap) / 3
	if third == 0 {
		return 0
	}
	mean := func(values []float64) (sum float64) {
		for _, v := range values {
			sum += v / float64(len(values))
		}
		return sum
	}
	return (mean(r.heap[2*third:]) - mean(r.heap[third:2*third])) / (float64(third) / 60)
}

// tail returns the time in which 99 % of the requests outside of faults were answered. It
// leaves out the lateness of timers, of which a request waits for several.
func (r *soakReport) tail() (measured, own time.Duration) {
	slices.Sort(r.took)
	slices.Sort(r.late)
	if len(r.took) == 0 || len(r.late) == 0 {
		return 0, 0
	}
	measured = r.took[len(r.took)*99/100]
	return measured, max(0, measured-4*r.late[len(r.late)*99/100])
}

// notFlat bounds the growth of the heap in MiB a minute.
const notFlat = 1.0

// findings names the promises that were broken.
func (r *soakReport) findings() (found []string) {
	if r.internal > 0 {
		found = append(found, "internal")
	}
	if len(r.wrong) > 0 {
		found = append(found, "wrong")
	}
	if len(r.took)*10 < r.requests {
		found = append(found, "the machine was too busy for a result")
	}
	if r.unavailable*1000 > r.requests {
		found = append(found, "unavailable")
	}
	if r.slope() > notFlat {
		found = append(found, "memory")
	}
	if _, own := r.tail(); own > 5*time.Millisecond {
		found = append(found, "tail")
	}
	return found
}
