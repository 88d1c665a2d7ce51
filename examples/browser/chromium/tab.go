package chromium

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A Tab is one tab of a profile. Its methods are for one goroutine.
type Tab struct {
	b    *Browser
	ctx  context.Context
	name string

	mu      sync.Mutex
	console []string
}

// Console returns the messages of Chromium itself in the console of t, such as a header that it
// does not understand, or a script that a policy stops.
func (t *Tab) Console() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.console)
}

// listen collects the messages for Console.
func (t *Tab) listen(event any) {
	if added, ok := event.(*log.EventEntryAdded); ok {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.console = append(t.console, added.Entry.Text)
	}
}

// Tab opens an empty tab with a profile of its own.
func (b *Browser) Tab() *Tab {
	b.t.Helper()
	return b.open(b.ctx, chromedp.WithNewBrowserContext())
}

// Another opens one more tab of the profile of t.
func (t *Tab) Another() *Tab {
	t.b.t.Helper()
	return t.b.open(t.ctx)
}

func (b *Browser) open(parent context.Context, options ...chromedp.ContextOption) *Tab {
	b.t.Helper()
	b.tabs++
	t := &Tab{b: b, name: fmt.Sprintf("%s-%d", strings.ReplaceAll(b.t.Name(), "/", "-"), b.tabs)}
	ctx, end := chromedp.NewContext(parent, append(options, chromedp.WithListener(t.listen))...)
	t.ctx = ctx
	b.t.Cleanup(end)
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("a new tab: %v", err)
	}
	b.t.Cleanup(t.screenshot)
	return t
}

// Open goes to the address, and waits until the page has loaded.
func (t *Tab) Open(address string) {
	t.b.t.Helper()
	if err := t.TryOpen(address); err != nil {
		t.b.t.Fatalf("open %s: %v", address, err)
	}
}

// TryOpen is Open for an address that Chromium may refuse to load.
func (t *Tab) TryOpen(address string) error {
	ctx, stop := context.WithTimeout(t.ctx, limit)
	defer stop()
	return chromedp.Do(ctx, chromedp.Navigate(address))
}

// Popup lets the page of t open a window at the address, and waits until its page has loaded.
func (t *Tab) Popup(address string) *Tab {
	t.b.t.Helper()
	ctx, stop := context.WithTimeout(t.ctx, limit)
	defer stop()
	created := chromedp.WaitNewTarget(ctx, func(*target.Info) bool { return true })
	Run[any](t, `window.open(args[0])`, address)
	var popup *Tab
	select {
	case <-ctx.Done():
		t.b.t.Fatalf("the popup %s did not open", address)
	case id := <-created:
		popup = t.b.open(t.ctx, chromedp.WithTargetID(id))
	}
	popup.Until(`return document.readyState === 'complete' && location.href === args[0]`, address)
	return popup
}

// Until runs script in the page of t, as Run does, again and again until it returns true. Meanwhile
// the tab may go from page to page.
func (t *Tab) Until(script string, args ...any) {
	t.b.t.Helper()
	ctx, stop := context.WithTimeout(t.ctx, limit)
	defer stop()
	for {
		// An error may say that the page went away while the script ran.
		done, err := try[bool](t, script, args...)
		switch {
		case err == nil && done:
			return
		case ctx.Err() != nil:
			t.b.t.Fatalf("%s is not true after %v: %v", script, limit, err)
		}
	}
}

// Run runs script in the page of t, and returns its result by way of JSON. The script is the
// body of an async function. The array args has the arguments. A popup may be opened, as by a click.
func Run[T any](t *Tab, script string, args ...any) T {
	t.b.t.Helper()
	result, err := try[T](t, script, args...)
	if err != nil {
		t.b.t.Fatalf("%s: %v", script, err)
	}
	return result
}

func try[T any](t *Tab, script string, args ...any) (T, error) {
	if args == nil {
		args = []any{} // nil would be null
	}
	values, err := json.Marshal(args)
	if err != nil {
		return *new(T), err
	}
	ctx, stop := context.WithTimeout(t.ctx, limit)
	defer stop()
	expression := fmt.Sprintf("(async (args) => {%s\n})(%s)", script, values)
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise, byClick))
}

// byClick lets the script open windows, as the click of a user does.
func byClick(p *runtime.EvaluateParams) {
	yes := true
	p.UserGesture = &yes
}

// screenshot writes a picture of t to the folder SCREENSHOTS.
func (t *Tab) screenshot() {
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	ctx, stop := context.WithTimeout(t.ctx, limit)
	defer stop()
	picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		t.b.t.Logf("no screenshot: %v", err) // as for the page of a refused address
		return
	}
	if err = os.MkdirAll(folder, 0o755); err == nil {
		err = os.WriteFile(filepath.Join(folder, t.name+".png"), picture, 0o644)
	}
	if err != nil {
		t.b.t.Errorf("screenshot: %v", err)
	}
}
