package main

import (
	"bytes"
	"context"
	"crypto/tls"
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

// output collects what a program prints.
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

// serve runs a program until ask succeeds, and ends it with its children. It returns what ask
// returned. A program that ends by itself must succeed, and ended is then true. ask gets what the
// program has printed so far.
func serve(dir, line string, ask func(printed []byte) (string, error)) (answer string, ended bool, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var out output
	cmd := exec.CommandContext(ctx, "sh", "-c", line)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = dir, &out, &out, time.Second
	procgroup.EndWithChildren(cmd)
	if err := cmd.Start(); err != nil {
		return "", false, err
	}
	var failure error
	end := make(chan struct{})
	go func() {
		failure = cmd.Wait()
		close(end)
	}()
	ticks := time.NewTicker(100 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-end:
			if failure != nil {
				return "", true, fmt.Errorf("%s: %w\n%s", line, failure, tail(out.bytes()))
			}
			return "", true, nil
		case <-ticks.C:
			if answer, err := ask(out.bytes()); err == nil {
				cancel()
				<-end
				return answer, false, nil
			}
		}
	}
}

var address = regexp.MustCompile(`(?:https?://)?127\.0\.0\.1:\d{4,5}`)

// askAny sends a request to each address in the texts, and returns the first answer that is no
// failure of the server.
func askAny(texts ...[]byte) (string, error) {
	client := &http.Client{
		Timeout:       5 * time.Second,
		Transport:     &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}, //nolint:gosec // any answer will do
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
