package authztest_test

import (
	"testing"

	"github.com/go-sallyport/sallyport/authz/authztest"
)

// A service that keeps its policies has no fault, and the report names each route.
func TestCorrectService(t *testing.T) {
	s := newService(t)
	s.build()
	authztest.Attack(t, s.cfg)
}
