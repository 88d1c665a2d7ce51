package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
)

// show starts two processes of the service, and prints what both answer. Without a url and a
// cluster it starts a redis-server for them.
func show(ctx context.Context, out io.Writer, url, cluster string) (err error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop() // after the ends below; it kills a process that is left
	dir, err := os.MkdirTemp("", "shop")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if url == "" && cluster == "" {
		var end func() error
		if url, end, err = startRedis(ctx, dir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, end()) }()
	}
	env, err := secrets(dir)
	if err != nil {
		return err
	}
	var both [2]*process
	for i, name := range []string{"A", "B"} {
		if both[i], err = startProcess(ctx, name, cluster, append(env, "REDIS_URL="+url)); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, both[i].end()) }()
	}
	d := &demo{ctx: ctx, out: tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)}
	d.run(both[0], both[1])
	return errors.Join(d.err, d.out.Flush())
}

// A demo sends requests, and prints a line for each.
type demo struct {
	ctx    context.Context
	out    *tabwriter.Writer
	token  string       // the access token of the last login or refresh
	cookie *http.Cookie // the refresh token
	err    error        // the first request without an answer
}

// run uses new accounts each time, because a Redis remembers the counts of the last run.
func (d *demo) run(a, b *process) {
	ann, bob := "ann-"+strings.ToLower(rand.Text()[:6]), "bob-"+strings.ToLower(rand.Text()[:6])
	d.title("PROCESS", "REQUEST", "ANSWER", "")
	d.send(a, "POST", "/login", ann, demoPassword, "a session begins on A")
	d.send(b, "GET", "/me", "", "", "B accepts the token of A")
	d.send(b, "POST", "/refresh", "", "", "B refreshes the session of A")

	d.title("", "", "", "")
	for i := range reportsPerHour {
		d.send([]*process{a, b}[i%2], "GET", "/report", "", "", fmt.Sprintf("%d of %d an hour", i+1, reportsPerHour))
	}
	d.send(a, "GET", "/report", "", "", "both have used up one limit")
	d.send(b, "GET", "/report", "", "", "")

	d.title("", "", "", "")
	for i := range 6 {
		d.send([]*process{a, b}[i%2], "POST", "/login", bob, "guess", fmt.Sprintf("guess %d", i+1))
	}
	d.send(a, "POST", "/login", bob, demoPassword, "both delay it, also with the right password")

	d.title("", "", "", "")
	d.send(a, "POST", "/logout", "", "", "the session ends on A")
	d.send(b, "GET", "/me", "", "", "B refuses its token at the next request")
	d.send(b, "POST", "/refresh", "", "", "and its refresh token")
}

func (d *demo) title(columns ...string) { d.print(strings.Join(columns, "\t")) }

func (d *demo) print(line string) {
	if _, err := fmt.Fprintln(d.out, line); d.err == nil {
		d.err = err
	}
}

// send sends a request with the credentials of the session, or a login for account.
func (d *demo) send(p *process, method, path, account, password, note string) {
	body := url.Values{"account": {account}, "password": {password}}.Encode()
	r, err := http.NewRequestWithContext(d.ctx, method, p.url+path, strings.NewReader(body))
	if err != nil {
		d.err = errors.Join(d.err, err)
		return
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if d.cookie != nil && account == "" {
		r.AddCookie(d.cookie)
		r.Header.Set("Authorization", "Bearer "+d.token)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		d.err = errors.Join(d.err, err)
		return
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Code  string
		Token string `json:"access_token"`
	}
	_ = json.NewDecoder(res.Body).Decode(&answer) // a report is no JSON
	if res.StatusCode == http.StatusOK && answer.Token != "" {
		d.token, d.cookie = answer.Token, res.Cookies()[0]
	}
	d.print(fmt.Sprintf("%s\t%s %s\t%d %s\t%s", p.name, method, path, res.StatusCode, answer.Code, note))
}
