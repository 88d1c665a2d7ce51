package scan_test

import "github.com/go-sallyport/sallyport/validate/internal/kit"

type order = kit.Order

const (
	goodID    = `"id":"0190163d-8694-739b-aea5-966c26f8ad90"`
	goodItems = `"items":[{"sku":"A1","qty":0}]`
	goodRest  = `"email":"a@example.com","home":{"street":"s"}`
	good      = goodID + `,"kind":"cash",` + goodItems + "," + goodRest
)
