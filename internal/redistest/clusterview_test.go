package redistest

import (
	"slices"
	"strings"
	"testing"
)

func TestSlotOf(t *testing.T) {
	for key, want := range map[string]int{
		"":                     0,
		"123456789":            0x31C3, // the check value of CRC-16/XMODEM
		"foo":                  12182,
		"{foo}.a":              12182,
		"a{foo}b{bar}":         12182,
		"{}foo":                slotOf("{" + "}foo"),
		"{user1000}.following": slotOf("user1000"),
		"foo{{bar}}zap":        slotOf("{bar"),
	} {
		if got := slotOf(key); got != want {
			t.Errorf("slot of %q is %d, want %d", key, got, want)
		}
	}
	if slotOf("{}foo") == slotOf("foo") {
		t.Error("an empty tag counts")
	}
}

const nodesReply = "aa 127.0.0.1:1001@2001 myself,master - 0 0 3 connected 0-2 7 [8->-bb] [9-<-bb]\n" +
	"bb 127.0.0.1:1002@2002,host master,fail? - 0 0 2 connected 3-6 8-16383\n" +
	"cc 127.0.0.1:1003@2003 slave aa 0 0 3 connected\n" +
	"dd :0@0 slave,fail,noaddr bb 0 0 2 disconnected\n"

func TestParseView(t *testing.T) {
	v, err := parseView(nodesReply)
	if err != nil || len(v) != 4 {
		t.Fatalf("%v, %v", v, err)
	}
	a := v.self()
	if a.id != "aa" || a.addr != "127.0.0.1:1001" || !a.master || a.epoch != 3 || a.problemFlag != "" {
		t.Errorf("self is %+v", a)
	}
	if got := a.firstSlots(10); !slices.Equal(got, []int{0, 1, 2, 7}) {
		t.Errorf("slots %v", got)
	}
	if got := a.firstSlots(2); !slices.Equal(got, []int{0, 1}) {
		t.Errorf("first slots %v", got)
	}
	if !a.owns(2) || !a.owns(7) || a.owns(3) || a.owns(8) {
		t.Errorf("wrong slots: %v", a.slots)
	}
	if b := v[1]; b.problemFlag != "fail?" || b.addr != "127.0.0.1:1002" {
		t.Errorf("second is %+v", b)
	}
	if c := v[2]; c.master || c.primaryID != "aa" {
		t.Errorf("third is %+v", c)
	}
	if s := v.summary(); strings.Contains(s, "bb") || !strings.Contains(s, "cc") {
		t.Errorf("summary %q", s)
	}
	if n := (view{}).self(); n.id != "" {
		t.Errorf("the self of an empty view is %+v", n)
	}
	for _, bad := range []string{"aa\n", "aa b master - 0 0 x connected\n", "aa b master - 0 0 1 connected 0-x\n"} {
		if v, err := parseView(bad); err == nil {
			t.Errorf("%q is taken for %+v", bad, v)
		}
	}
}

// No server runs at these addresses. Each case defines which servers count as running.
func TestCompareFindsFaults(t *testing.T) {
	up := func(addr string) *Server {
		return &Server{Addr: addr, proc: &process{ended: make(chan struct{})}}
	}
	down := func(addr string) *Server {
		s := up(addr)
		close(s.proc.ended)
		return s
	}
	const a, b, c = "127.0.0.1:1001", "127.0.0.1:1002", "127.0.0.1:1003"
	whole := strings.Replace(strings.Replace(nodesReply, "fail?", "x", 1), "0-2 7 ", "0-7 ", 1)
	whole = strings.Replace(whole, "3-6 8-", "8-", 1)
	for name, one := range map[string]struct {
		nodes []*Server
		reply string
		want  string
	}{
		"complete":    {[]*Server{up(a), up(b), up(c)}, whole, ""},
		"suspected":   {[]*Server{up(a), up(b), up(c)}, nodesReply, b + " runs and is considered"},
		"not noticed": {[]*Server{up(a), down(b), up(c)}, whole, b + " does not run and is considered healthy"},
		"uncovered":   {[]*Server{up(a), down(b), up(c)}, nodesReply, "serve 4 of 16384 slots"},
		"unknown":     {[]*Server{up(a), up(b), up(c), up("127.0.0.1:1")}, whole, "127.0.0.1:1 runs and is not known"},
		"orphan": {[]*Server{down(a), up(b), up(c)},
			strings.Replace(whole, "myself,master", "myself,master,fail", 1), c + " is a replica of"},
	} {
		v, err := parseView(one.reply)
		if err != nil {
			t.Fatal(err)
		}
		err = (&Cluster{Nodes: one.nodes}).compare(v)
		switch {
		case one.want == "" && err != nil, one.want != "" && err == nil:
			t.Errorf("%s: %v", name, err)
		case err != nil && !strings.Contains(err.Error(), one.want):
			t.Errorf("%s: %v, want %q", name, err, one.want)
		}
	}
}
