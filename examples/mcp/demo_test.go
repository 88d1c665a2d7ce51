package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// Each printed command has the result that the line above it says.
func TestDemo(t *testing.T) {
	var out strings.Builder
	srv := &http.Server{Handler: service(demo(&out))}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = srv.Serve(listener) }()
	defer func() { _ = srv.Close() }()
	commands := regexp.MustCompile(`(?m)^# (\d+): (.*)\n(curl .*)$`).FindAllStringSubmatch(out.String(), -1)
	if len(commands) != 4 {
		t.Fatalf("%d commands", len(commands))
	}
	for _, c := range commands {
		line := strings.ReplaceAll(c[3], addr, listener.Addr().String())
		cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.Replace(line, "curl -s ", "curl -si ", 1))
		cmd.Env = append(os.Environ(), "LC_ALL=C")
		text, err := cmd.Output()
		if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 "+c[1]+" ") {
			t.Errorf("%s: %v\n%s", c[2], err, text)
		}
		if strings.Contains(c[2], "says ann") && !strings.Contains(string(text), `"text":"ann"`) {
			t.Errorf("%s:\n%s", c[2], text)
		}
	}
}
