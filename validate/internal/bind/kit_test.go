package bind_test

import (
	"net/netip"
	"time"
)

type period struct {
	From int `json:"from"`
	To   int `json:"to"`
}

type defaulted struct {
	Name  string     `json:"name" default:" Ann " mod:"trim,lower" validate:"min=3,max=3"`
	On    bool       `json:"on" default:"true"`
	Rate  float64    `json:"rate" default:"0.5"`
	At    time.Time  `json:"at" default:"2026-01-02T03:04:05Z"`
	IP    netip.Addr `json:"ip" default:"::1"`
	Inner settings   `json:"inner"`
	Kids  []settings0
	Page  int    `query:"page" default:"3" validate:"min=1"`
	Match string `header:"If-Match" default:"*"`
}

type settings struct {
	Theme string `json:"theme" default:"dark" validate:"oneof=dark light"`
	Size  int    `json:"size" default:"12" validate:"min=8"`
}

type settings0 struct {
	Name string `json:"name"`
}
