package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A process is one process of the service.
type process struct {
	name, url string
	cmd       *exec.Cmd
	log       *bytes.Buffer // the records of its requests; read it after the end
}

// startProcess runs this program again, as a process of the service with the environment env.
func startProcess(ctx context.Context, name, cluster string, env []string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{name: name, cmd: exec.CommandContext(ctx, self, "-serve", "127.0.0.1:0", "-cluster", cluster), log: new(bytes.Buffer)}
	p.cmd.Env = append(os.Environ(), env...)
	p.cmd.Stderr = p.log
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("process %s: %w\n%s", name, errors.Join(p.end(), err), p.log)
	}
	p.url = strings.TrimSpace(line)
	return p, nil
}

// end stops the process and waits for its end.
func (p *process) end() error { return endCommand(p.cmd) }

// endCommand interrupts a program and waits for its end. It kills a program that cannot be
// interrupted, as on Windows.
func endCommand(cmd *exec.Cmd) error {
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		_ = cmd.Process.Kill() // it may have ended on its own
	}
	return cmd.Wait()
}

// startRedis runs a redis-server that only this user can reach, by a socket in dir. It returns its
// URL and a function that ends it.
func startRedis(ctx context.Context, dir string) (url string, end func() error, err error) {
	path, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, fmt.Errorf("%w; install it, or name a running one in REDIS_URL", err)
	}
	socket := filepath.Join(dir, "redis.sock")
	cmd := exec.CommandContext(ctx, path, "--port", "0", "--unixsocket", socket, "--unixsocketperm", "700", "--dir", dir, "--save", "")
	output, err := cmd.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	var log strings.Builder
	for lines := bufio.NewScanner(output); lines.Scan(); {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go func() { _, _ = io.Copy(io.Discard, output) }() // until it ends
			return "unix://" + socket, func() error { return endCommand(cmd) }, nil
		}
		log.WriteString(lines.Text() + "\n")
	}
	return "", nil, fmt.Errorf("redis-server: %w\n%s", cmd.Wait(), log.String())
}

// secrets returns the part of the environment that all processes must have in common. The key that
// signs tokens is in a file, as a secret that is mounted.
func secrets(dir string) ([]string, error) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, time.Now().UTC().Format("2006-01-02")+".pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	return []string{"LOCKOUT_SECRET=" + rand.Text() + rand.Text(), "SIGNING_KEY_FILE=" + file}, os.WriteFile(file, text, 0o600)
}
