package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Error is an error reply of a server, such as "ERR unknown command".
type Error string

func (e Error) Error() string { return string(e) }

// A client is one connection that speaks RESP2. The tests test other clients, so this
// one has no pool and never repeats a command.
type client struct {
	conn  net.Conn
	in    *bufio.Reader
	limit time.Duration
}

func dial(addr string, limit time.Duration) (*client, error) {
	conn, err := net.DialTimeout("tcp", addr, limit)
	if err != nil {
		return nil, err
	}
	// Polling would leave thousands of ports in TIME_WAIT. Every reply has been read
	// when a connection is closed, so a reset loses nothing.
	if tcp, is := conn.(*net.TCPConn); is {
		_ = tcp.SetLinger(0) // an error costs only ports
	}
	return &client{conn: conn, in: bufio.NewReader(conn), limit: limit}, nil
}

func (c *client) close() { _ = c.conn.Close() }

// do sends one command and returns its reply: a string, an int64, nil or a []any of
// these and of Error. A reply that itself is an Error is returned as the error.
func (c *client) do(args ...any) (any, error) {
	if err := c.conn.SetDeadline(time.Now().Add(c.limit)); err != nil {
		return nil, err
	}
	if _, err := io.WriteString(c.conn, encode(args)); err != nil {
		return nil, err
	}
	reply, err := decode(c.in)
	if err != nil {
		return nil, err
	}
	if e, failed := reply.(Error); failed {
		return nil, e
	}
	return reply, nil
}

func encode(args []any) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		text, isBytes := arg.([]byte)
		if !isBytes {
			text = fmt.Append(nil, arg)
		}
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(text), text)
	}
	return b.String()
}

var errProtocol = errors.New("not RESP2")

func decode(in *bufio.Reader) (any, error) {
	line, err := in.ReadString('\n')
	if err != nil {
		return nil, err
	}
	line, ended := strings.CutSuffix(line, "\r\n")
	if !ended || line == "" {
		return nil, fmt.Errorf("%w: %q", errProtocol, line)
	}
	kind, text := line[0], line[1:]
	switch kind {
	case '+':
		return text, nil
	case '-':
		return Error(text), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %q", errProtocol, line)
	case kind == ':':
		return n, nil
	case kind == '$' && n >= 0:
		return decodeBulk(in, n)
	case kind == '*' && n >= 0:
		return decodeArray(in, n)
	case n == -1 && (kind == '$' || kind == '*'):
		return nil, nil
	}
	return nil, fmt.Errorf("%w: %q", errProtocol, line)
}

func decodeBulk(in *bufio.Reader, n int64) (any, error) {
	var b strings.Builder
	if _, err := io.CopyN(&b, in, n+2); err != nil {
		return nil, err
	}
	text, ended := strings.CutSuffix(b.String(), "\r\n")
	if !ended {
		return nil, fmt.Errorf("%w: bulk string of %d bytes does not end", errProtocol, n)
	}
	return text, nil
}

func decodeArray(in *bufio.Reader, n int64) (any, error) {
	items := []any{}
	for range n {
		item, err := decode(in)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}
