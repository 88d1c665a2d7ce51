// Package browser has pages and an API on several origins, and its tests drive them with a real
// Chromium: make browser.
//
// A unit test compares headers with the rules that its author knows. Only a browser says
// whether the page of an attacker can read an answer. Each test therefore also has a control:
// the same page against a service without the layer, where the attack succeeds.
//
//	api.go      notes for the pages of other origins: headers, CORS, protection against forged requests
//	gateway.go  the same in front of a service that sends headers of its own
//	site.go     pages whose scripts need a nonce
//	session.go  a login with a session cookie
//	socket.go   a WebSocket
//
// login_test.go drives examples/login, and a provider on a site of its own.
//
// The folder chromium is the kit: it starts Chromium, sites and tabs.
package browser
