package chromium

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// limit bounds each step of a tab, so that a hanging page fails its test.
const limit = time.Minute

// A Browser is one running Chromium with the sites that it can reach.
type Browser struct {
	t    testing.TB
	ctx  context.Context
	keys keys
	tabs int
}

// Start starts Chromium, and ends it with the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := os.Getenv("CHROMIUM")
	if path == "" {
		t.Skip("no CHROMIUM in the environment; run: make browser")
	}
	b := &Browser{t: t, keys: newKeys(t)}
	flags := []chromedp.ExecAllocatorOption{
		chromedp.ExecPath(path),
		chromedp.Headless,
		chromedp.NoFirstRun,
		chromedp.NoDefaultBrowserCheck,
		chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("host-resolver-rules", "MAP *.test 127.0.0.1"),
		chromedp.Flag("ignore-certificate-errors-spki-list", b.keys.spki),
		// Chromium would otherwise try https for http on its own, without HSTS.
		chromedp.Flag("disable-features", "HttpsUpgrades"),
	}
	if os.Getuid() == 0 {
		flags = append(flags, chromedp.NoSandbox) // Chromium refuses to start as root with it
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(), flags...)
	t.Cleanup(stop)
	ctx, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("%s does not start: %v", path, err)
	}
	b.ctx = ctx
	return b
}
