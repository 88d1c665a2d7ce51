package validate

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The limits that are not configured are told in one place, in prose.
func TestFixedLimitsAreTold(t *testing.T) {
	source, err := os.ReadFile("config.go")
	if err != nil {
		t.Fatal(err)
	}
	prose := strings.Join(strings.Fields(strings.ReplaceAll(string(source), "//", " ")), " ")
	for _, told := range []string{
		fmt.Sprintf("the name of a member has at most %d bytes as sent, a number at most %d, Content-Type at most %d,", maxName, maxNumber, maxType),
		fmt.Sprintf("a refusal reports at most %d faults", maxFaults),
		fmt.Sprintf("a query or form has at most %d parameters", maxParams),
		fmt.Sprintf("the header of a part of a form has at most %d KiB in %d lines", maxPartHeader>>10, maxPartLines),
		fmt.Sprintf("cut after %d bytes", maxMessage),
	} {
		if !strings.Contains(prose, told) {
			t.Errorf("config.go does not say %q", told)
		}
	}
}
