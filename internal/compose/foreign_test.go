package compose

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"connectrpc.com/connect"
	cws "github.com/coder/websocket"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	chimw "github.com/go-chi/chi/v5/middleware"
	"github.com/gorilla/mux"
	"github.com/gorilla/websocket"
	"github.com/graph-gophers/graphql-go"
	"github.com/graph-gophers/graphql-go/relay"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/julienschmidt/httprouter"
	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/go-sallyport/sallyport/errors/httperr"
)

func ok(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok") }

// routers are the routers, each with a match, a miss, a wrong method and a redirect.
func routers() []row {
	all := []request{get("/users/7"), get("/nothing"), {method: "POST", path: "/users/7"}, get("/users/7/"), {method: "OPTIONS", path: "/users/7"}, {method: "HEAD", path: "/users/7"}}
	g := mux.NewRouter()
	g.HandleFunc("/users/{id}", ok).Methods("GET")
	h := httprouter.New()
	h.GET("/users/:id", func(w http.ResponseWriter, r *http.Request, _ httprouter.Params) { ok(w, r) })
	c := chi.NewRouter()
	c.Get("/users/{id}", ok)
	gin.SetMode(gin.ReleaseMode)
	n := gin.New()
	n.GET("/users/:id", func(c *gin.Context) { c.JSON(200, gin.H{"id": c.Param("id")}) })
	e := echo.New()
	e.GET("/users/:id", func(c echo.Context) error { return c.JSON(200, map[string]string{"id": c.Param("id")}) })
	e.GET("/fails", func(echo.Context) error { return errors.New("x") })
	return []row{
		plain("gorilla/mux", g, all...), plain("httprouter", h, all...), plain("chi", c, all...), plain("gin", n, all...),
		plain("echo", e, append(all, get("/fails"))...),
		plain("chi Profiler", chimw.Profiler(), get("/pprof/cmdline"), get("/vars-not"), get("/pprof")),
	}
}

// ginStream is gin's Context.Stream, in lockstep with its client.
func ginStream() row {
	r := lockstep("gin Stream", nil)
	r.build = func() (http.Handler, run) {
		gin.SetMode(gin.ReleaseMode)
		engine := gin.New()
		read := make(chan struct{}, 1)
		engine.GET("/", func(c *gin.Context) {
			i := 0
			c.Stream(func(w io.Writer) bool {
				if i > 0 {
					select {
					case <-read:
					case <-c.Request.Context().Done():
						return false
					}
				}
				fmt.Fprintf(w, "data: %d\n\n", i)
				i++
				return i < 4
			})
		})
		return engine, func(t testing.TB, client *http.Client, url string) (out transcript) {
			res, err := client.Get(url)
			if err != nil {
				out.add("no response: %T", err)
				return out
			}
			defer res.Body.Close()
			out.add("status %d", res.StatusCode)
			part := make([]byte, len("data: 0\n\n"))
			for {
				if _, err := io.ReadFull(res.Body, part); err != nil {
					out.add("end: %v", err)
					return out
				}
				out.add("part %q", part)
				read <- struct{}{}
			}
		}
	}
	return r
}

func websockets() []row {
	dial := func(t testing.TB, _ *http.Client, url string) (out transcript) {
		c, res, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(url, "http"), nil)
		if err != nil {
			out.add("refused: %v", err)
			return out
		}
		defer c.Close()
		out.add("status %d", res.StatusCode)
		for i := range 3 {
			_ = c.WriteMessage(websocket.TextMessage, fmt.Append(nil, i))
			_, text, err := c.ReadMessage()
			out.add("%s %v", text, err)
		}
		_ = c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""))
		_, _, err = c.ReadMessage()
		out.add("%v", err)
		return out
	}
	up := websocket.Upgrader{}
	gorilla := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		for {
			kind, text, err := c.ReadMessage()
			if err != nil {
				return
			}
			_ = c.WriteMessage(kind, append([]byte("echo "), text...))
		}
	})
	coder := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := cws.Accept(w, r, nil)
		if err != nil {
			return
		}
		defer c.CloseNow()
		for {
			kind, text, err := c.Read(r.Context())
			if err != nil {
				return
			}
			_ = c.Write(r.Context(), kind, append([]byte("echo "), text...))
		}
	})
	return []row{
		{name: "gorilla/websocket", protocol: "HTTP/1.1", build: func() (http.Handler, run) { return gorilla, dial }},
		{name: "coder/websocket", protocol: "HTTP/1.1", build: func() (http.Handler, run) { return coder, dial }},
		plain("gorilla/websocket, no handshake", gorilla, get("/")),
		plain("coder/websocket, no handshake", coder, get("/")),
	}
}

type text = wrapperspb.StringValue

// connectRow calls a Connect service: unary, server stream, and both ways where the
// protocol can do it.
func connectRow(name string, opts ...connect.ClientOption) row {
	return row{name: "connect-go, " + name, build: func() (http.Handler, run) {
		mux := http.NewServeMux()
		mux.Handle("/t/Unary", connect.NewUnaryHandler("/t/Unary", func(_ context.Context, r *connect.Request[text]) (*connect.Response[text], error) {
			if r.Msg.Value == "fail" {
				return nil, connect.NewError(connect.CodeNotFound, errors.New("no such thing"))
			}
			res := connect.NewResponse(r.Msg)
			res.Trailer().Set("X-Cost", "7")
			return res, nil
		}))
		mux.Handle("/t/Stream", connect.NewServerStreamHandler("/t/Stream", func(_ context.Context, r *connect.Request[text], s *connect.ServerStream[text]) error {
			for range 3 {
				if err := s.Send(r.Msg); err != nil {
					return err
				}
			}
			s.ResponseTrailer().Set("X-Cost", "8")
			return connect.NewError(connect.CodeAborted, errors.New("enough"))
		}))
		mux.Handle("/t/Bidi", connect.NewBidiStreamHandler("/t/Bidi", func(_ context.Context, s *connect.BidiStream[text, text]) error {
			for {
				m, err := s.Receive()
				if errors.Is(err, io.EOF) {
					return nil
				} else if err != nil {
					return err
				}
				if err := s.Send(m); err != nil {
					return err
				}
			}
		}))
		return mux, func(t testing.TB, client *http.Client, url string) (out transcript) {
			ctx := t.Context()
			unary := connect.NewClient[text, text](client, url+"/t/Unary", opts...)
			for _, m := range []string{"hello", "fail"} {
				res, err := unary.CallUnary(ctx, connect.NewRequest(&text{Value: m}))
				if err != nil {
					out.add("%v", err)
					continue
				}
				out.add("%s %v", res.Msg.Value, res.Trailer())
			}
			s, err := connect.NewClient[text, text](client, url+"/t/Stream", opts...).CallServerStream(ctx, connect.NewRequest(&text{Value: "x"}))
			if err != nil {
				out.add("stream: %v", err)
				return out
			}
			for s.Receive() {
				out.add("stream %s", s.Msg().Value)
			}
			out.add("stream %v %v", s.Err(), s.ResponseTrailer())
			b := connect.NewClient[text, text](client, url+"/t/Bidi", opts...).CallBidiStream(ctx)
			for i := range 3 {
				err := b.Send(&text{Value: fmt.Sprint(i)})
				m, failed := b.Receive()
				if err != nil || failed != nil {
					out.add("bidi fails") // HTTP/1.1 cannot
					break
				}
				out.add("bidi %s", m.Value)
			}
			_ = b.CloseRequest()
			_, err = b.Receive()
			out.add("bidi ends: %v", errors.Is(err, io.EOF))
			return out
		}
	}}
}

type health struct {
	healthpb.UnimplementedHealthServer
}

func (health) Check(_ context.Context, r *healthpb.HealthCheckRequest) (*healthpb.HealthCheckResponse, error) {
	if r.Service == "fail" {
		return nil, status.Error(codes.NotFound, "no such service")
	}
	return &healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}, nil
}

func (health) Watch(_ *healthpb.HealthCheckRequest, s grpc.ServerStreamingServer[healthpb.HealthCheckResponse]) error {
	for range 3 {
		if err := s.Send(&healthpb.HealthCheckResponse{Status: healthpb.HealthCheckResponse_SERVING}); err != nil {
			return err
		}
	}
	return status.Error(codes.Aborted, "enough")
}

// inProcess is a client of the gateway that needs no connection.
type inProcess struct{ healthpb.HealthClient }

func (inProcess) Check(ctx context.Context, r *healthpb.HealthCheckRequest, _ ...grpc.CallOption) (*healthpb.HealthCheckResponse, error) {
	return health{}.Check(ctx, r)
}

func rpc() []row {
	server := grpc.NewServer()
	healthpb.RegisterHealthServer(server, health{})
	gateway := runtime.NewServeMux(runtime.WithHealthzEndpoint(inProcess{}))
	// A gRPC request is a POST with a message of five bytes of prefix and its content.
	grpcRequest := func(method string, message string) request {
		return request{
			method: "POST", path: "/grpc.health.v1.Health/" + method, header: "Content-Type: application/grpc\nTe: trailers",
			body: string([]byte{0, 0, 0, 0, byte(len(message))}) + message,
		}
	}
	schema := graphql.MustParseSchema(`type Query { hello(name: String!): String! }`, &resolver{})
	query := func(q string) request {
		body, _ := json.Marshal(map[string]string{"query": q})
		return request{method: "POST", path: "/", body: string(body)}
	}
	metrics := prometheus.NewRegistry()
	metrics.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "things_total"}))
	rows := []row{
		connectRow("Connect"), connectRow("gRPC", connect.WithGRPC()), connectRow("gRPC-Web", connect.WithGRPCWeb()),
		plain("grpc-gateway", gateway, get("/healthz"), get("/healthz?service=fail"), get("/nothing")),
		plain("graphql-go", &relay.Handler{Schema: schema}, query(`{hello(name:"ann")}`), query(`{nothing}`), query(`{hello(name:"fail")}`)),
		plain("promhttp", promhttp.HandlerFor(metrics, promhttp.HandlerOpts{}), get("/"), get("/", "Accept-Encoding: gzip")),
	}
	for _, protocol := range protocols[1:] { // gRPC needs HTTP/2
		r := plain("grpc-go ServeHTTP", server, grpcRequest("Check", ""), grpcRequest("Check", "\n\x04fail"), grpcRequest("Watch", ""), grpcRequest("Nothing", ""))
		r.protocol = protocol
		rows = append(rows, r)
	}
	return rows
}

type resolver struct{}

func (*resolver) Hello(args struct{ Name string }) (string, error) {
	if args.Name == "fail" {
		return "", errors.New("no such name")
	}
	return "hello " + args.Name, nil
}

func foreign() []row {
	return append(append(append(routers(), websockets()...), rpc()...), ginStream())
}

func TestForeignHandlers(t *testing.T) { compare(t, foreign(), none, chain(t)) }

// Seal streams each response below 500 as it is.
func TestSealedStreams(t *testing.T) {
	rows := append(websockets(), ginStream(), row{name: "full duplex", build: duplex}, row{name: "hijack", protocol: "HTTP/1.1", build: hijacked},
		plain("optional methods", optional, get("/")), plain("trailers", http.HandlerFunc(trailers), get("/")), plain("early hints", http.HandlerFunc(hints), get("/")),
		lockstep("flush", func(w http.ResponseWriter, part string) { io.WriteString(w, part); w.(http.Flusher).Flush() }))
	ours := chain(t)
	compare(t, rows, none, func(h http.Handler) http.Handler { return ours(httperr.Seal(h)) })
}
