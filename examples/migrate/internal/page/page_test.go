package page_test

import (
	"strings"
	"testing"

	"github.com/go-sallyport/sallyport/examples/migrate/internal/page"
)

const fence = "```"

func part(file, name string) (string, bool) {
	return page.Part("x\n\t// page: before\n\tf() //nolint:all // why\n\t\tg()\n\n\t// page: end\n", name)
}

// A page that is right stays as it is.
func TestRender(t *testing.T) {
	right := "text\n\n<!-- code a.go before -->\n" + fence + "go\nf()\n\tg()\n" + fence + "\n\n<!-- table t -->\n| a |\n|---|\n| 1 |\n\n" +
		"<!-- text out -->\n" + fence + "text\nx\n" + fence + "\n"
	outputs := map[string]string{"t": page.Table([]string{"a"}, []string{"1"}), "out": "x\n"}
	got, faults := page.Render(right, outputs, part)
	if got != right || faults != nil {
		t.Errorf("%q %q", got, faults)
	}
	for _, wrong := range []string{"f()", "| 1 |", "text\nx"} {
		changed := strings.Replace(right, wrong, wrong+"2", 1)
		if got, _ := page.Render(changed, outputs, part); changed == right || got != right {
			t.Errorf("a page with %q is not corrected: %q", wrong+"2", got)
		}
	}
}

// Each block and each table has a source, and each output has its place.
func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"text\n" + fence + "go\nf()\n" + fence + "\n":                                "a block without a source follows: text",
		"text\n\n| a |\n|---|\n":                                                     "a table without a source follows: ",
		"<!-- code a.go after -->\n" + fence + "go\nf()\n" + fence + "\n":            "a.go has no part after",
		"<!-- table other -->\n| a |\n":                                              "no test prints other",
		"<!-- text other -->\n" + fence + "text\nx\n" + fence + "\n<!-- table t -->": "no test prints other",
		"nothing": "the page does not show t",
	} {
		_, faults := page.Render(text, map[string]string{"t": "| 1 |\n"}, part)
		if !strings.Contains(strings.Join(faults, "\n"), want) {
			t.Errorf("%q: %q, want %q", text, faults, want)
		}
	}
}
