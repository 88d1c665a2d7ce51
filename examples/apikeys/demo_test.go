package main

import (
	"context"
	"regexp"
	"strings"
	"testing"
)

func TestDemo(t *testing.T) {
	var out strings.Builder
	if err := demo(context.Background(), &out); err != nil {
		t.Fatal(err)
	}
	text := out.String()
	keys := regexp.MustCompile(`(?m)^notes_live_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}$`).FindAllString(text, -1)
	if len(keys) != 2 || strings.Count(text, "$ apikeys ") != 7 || !strings.Contains(text, "replaced by") || strings.Contains(text, " ID\n") {
		t.Errorf("%d keys:\n%s", len(keys), text)
	}
	_, last, _ := strings.Cut(text, "\nrevoked ")
	if id, after, _ := strings.Cut(last, "\n"); strings.Contains(after, "\n"+id+" ") {
		t.Errorf("the revoked key is in the list:\n%s", text)
	}
}
