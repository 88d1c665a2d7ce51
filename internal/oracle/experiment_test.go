//go:build !goexperiment.jsonv2

package oracle

import "testing"

func TestExperiment(t *testing.T) {
	t.Fatal("the oracle is encoding/json/jsontext: run this by make oracle, or with GOEXPERIMENT=jsonv2")
}
