package main

import (
	"testing"

	"github.com/go-sallyport/sallyport/examples/routers/internal/routertest"
)

func TestService(t *testing.T) { routertest.Check(t, service, "/hello/:name") }
