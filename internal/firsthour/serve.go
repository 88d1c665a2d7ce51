package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"sync"
	"time"

	"github.com/go-sallyport/sallyport/internal/procgroup"
)

// patience is the longest time for a step, most of which compiles.
const patience = 5 * time.Minute

// settled is how long a program must run after its answer. One that cannot have its port, or that
// fails behind its first page, ends earlier.
const settled = 2 * time.Second

// command runs a command of a shell in dir, and returns its output.
func command(dir, line string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir = dir
	procgroup.EndWithChildren(cmd)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return out, fmt.Errorf("%s: %w\n%s", line, err, tail(out))
	}
	return out, nil
}

func tail(out []byte) []byte { return out[max(0, len(out)-2000):] }

// output collects the output of a program.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) bytes() []byte {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Clone(o.buf.Bytes())
}

// A final error of ask ends its step: the program has answered, and not as it should.
type final struct{ error }

func hasAnswered(err error) bool { return err == nil || errors.As(err, new(final)) }

// serve runs a program until ask succeeds, and ends it with its children. It returns the
// answer. A program that ends by itself must succeed, and ended is then true. ask gets the output of
// the program so far. It must not succeed before the program runs: then another program
// has the port.
func serve(dir, line string, ask func(printed []byte) (string, error)) (answer string, ended bool, err error) {
	if _, err := ask(nil); hasAnswered(err) {
		return "", false, errors.New("another program has the port, and answers before this one runs")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out output
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = dir, &out, &out, time.Second
	procgroup.EndWithChildren(cmd)
	if err := cmd.Start(); err != nil {
		return "", false, err
	}
	end := make(chan error)
	go func() { end <- cmd.Wait() }()
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	var answered <-chan time.Time
	var wrong error
	for {
		select {
		case failure := <-end:
			if failure != nil {
				return "", true, fmt.Errorf("%s: %w\n%s", line, failure, tail(out.bytes()))
			}
			return answer, true, wrong
		case <-answered:
			cancel()
			<-end //nolint:errcheck // that it was ended
			return answer, false, wrong
		case <-ticks.C:
			got, err := ask(out.bytes())
			if hasAnswered(err) {
				answer, wrong = got, err
				ticks.Stop()
				answered = time.After(settled)
			}
		}
	}
}

var address = regexp.MustCompile(`(?:https?://)?127\.0\.0\.1:\d{4,5}`)

// askAny sends a request to each address in the texts, and returns the first answer that is no
// failure of the server.
func askAny(texts ...[]byte) (string, error) {
	anyServer := &tls.Config{InsecureSkipVerify: true} //nolint:gosec // any answer will do
	client := &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: anyServer},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	err := fmt.Errorf("no address of this machine is named")
	for _, text := range texts {
		for _, found := range address.FindAllString(string(text), -1) {
			url := found
			if url[0] != 'h' {
				url = "http://" + url
			}
			var res *http.Response
			if res, err = client.Get(url + "/"); err != nil {
				continue
			}
			_, _ = io.Copy(io.Discard, res.Body)
			_ = res.Body.Close()
			if res.StatusCode < 500 {
				return fmt.Sprintf("%s answers %d", found, res.StatusCode), nil
			}
			err = fmt.Errorf("%s answers %d", found, res.StatusCode)
		}
	}
	return "", err
}
