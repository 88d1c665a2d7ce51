// Package chromium lets a test drive a real Chromium against servers of the test: several
// origins on loopback, under names of their own, over TLS.
//
// # Use
//
//	func TestRead(t *testing.T) {
//		b := chromium.Start(t)
//		shop, api := b.Site("shop.test"), b.Site("api.test")
//		shop.Serve(page)
//		api.Serve(handler)
//
//		tab := b.Tab()
//		tab.Open(shop.Origin + "/")
//		body := chromium.Run[string](tab, `return (await fetch(args[0])).text()`, api.Origin)
//	}
//
// Every failure ends the test. Each tab from [Browser.Tab] has a profile of its own, without
// cookies and without a cache; [Tab.Another] opens one more tab of the same profile.
//
// # Environment
//
//	CHROMIUM      the program to start; without it the test is skipped
//	SCREENSHOTS   a folder for a picture of each tab at the end of its test; without it no pictures
//
// "make browser" sets CHROMIUM, and installs a Chromium where it finds no other.
//
// # Names and certificates
//
// Chromium resolves each name under .test (RFC 6761) to this machine. Two such names are two
// sites, shop.test and www.shop.test are one site with two origins, and HSTS works, as
// it does not for localhost. The certificates are made by Start. Chromium trusts their one
// key, and refuses every other certificate that no public authority has signed.
package chromium
