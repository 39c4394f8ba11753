package page

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// browse opens a page of the report in Chromium, from a file. The function that
// it returns lists what the console said and what was asked of any network.
func browse(t *testing.T, keys int) (ctx context.Context, said func() []string) {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		t.Skip("no chromium here: the page was not tried in a browser")
	}
	path := filepath.Join(t.TempDir(), "report.html")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	r := reportWith(keys, []byte(hostile))
	r.Diff.Differences[keys-1].Key = []byte("!first")
	if err := made(r, formatter(), "", "test").HTML(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox)
	ctx, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, stop = chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, stop = context.WithTimeout(ctx, time.Minute)
	t.Cleanup(stop)
	var mu sync.Mutex
	var messages []string
	chromedp.ListenTarget(ctx, func(event any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := event.(type) {
		case *cdpruntime.EventConsoleAPICalled:
			messages = append(messages, "console: "+string(e.Type))
		case *cdpruntime.EventExceptionThrown:
			messages = append(messages, "exception: "+e.ExceptionDetails.Text)
		case *cdplog.EventEntryAdded:
			messages = append(messages, "log: "+e.Entry.Text)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, "file://"+path) {
				messages = append(messages, "request: "+e.Request.URL)
			}
		}
	})
	err = chromedp.Run(ctx, network.Enable(), cdplog.Enable(), chromedp.Navigate("file://"+path),
		chromedp.WaitVisible("#rows tbody tr"))
	if err != nil {
		t.Fatal(err)
	}
	return ctx, func() []string { mu.Lock(); defer mu.Unlock(); return messages }
}

// In a browser the table filters, sorts and pages, also by keyboard, and
// nothing runs or is fetched that is not the page's own.
func TestBrowser(t *testing.T) {
	ctx, said := browse(t, 120)
	var rows, filtered, later int
	var count, first, sorted string
	var alerted bool
	one := `document.querySelectorAll("#rows tbody tr").length`
	key := `document.querySelector("#rows tbody tr td:nth-child(2)").textContent`
	err := chromedp.Run(ctx,
		chromedp.Evaluate(one, &rows),
		chromedp.Text("#count", &count),
		chromedp.Click("#on"),
		chromedp.Evaluate(one, &later),
		chromedp.SendKeys("#filter", "!first"),
		chromedp.Evaluate(one, &filtered),
		chromedp.SendKeys("#filter", strings.Repeat(kb.Backspace, len("!first"))),
		chromedp.Evaluate(key, &first),
		chromedp.Focus(`#rows th button[data-column="key"]`),
		chromedp.KeyEvent(kb.Enter), // by keyboard alone
		chromedp.Evaluate(key, &sorted),
		chromedp.Evaluate(`typeof window.alerted !== "undefined"`, &alerted),
	)
	if err != nil {
		t.Fatal(err)
	}
	if rows != 50 || count != "1 to 50 of 120" || later != 50 || filtered != 1 {
		t.Errorf("%d rows (%s), %d later, %d filtered", rows, count, later, filtered)
	}
	if first == sorted || sorted != `"!first"` {
		t.Errorf("sorted by key, the first is %s, and was %s", sorted, first)
	}
	if m := said(); len(m) > 0 || alerted {
		t.Errorf("the browser says %q", m)
	}
}

// It fits a telephone, in light and dark, and prints to A4.
func TestBrowserSizes(t *testing.T) {
	ctx, _ := browse(t, 3)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{400, 1280} {
			var overflow bool
			err := chromedp.Run(ctx,
				chromedp.EmulateViewport(width, 900),
				emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
					{Name: "prefers-color-scheme", Value: scheme},
				}),
				chromedp.Evaluate(`document.documentElement.scrollWidth > window.innerWidth`, &overflow))
			if err != nil || overflow {
				t.Errorf("%s, %d columns of pixels: wider than the screen %v, %v", scheme, width, overflow, err)
			}
		}
	}
	err := chromedp.Run(ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		pdf, _, err := cdppage.PrintToPDF().WithPreferCSSPageSize(true).Do(ctx)
		if err == nil && len(pdf) < 1000 {
			t.Errorf("a print of %d bytes", len(pdf))
		}
		return err
	}))
	if err != nil {
		t.Error(err)
	}
}

// An accessibility checker finds nothing serious, where scripts/axe has fetched
// one.
func TestAccessibility(t *testing.T) {
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	axe, err := os.ReadFile(filepath.Join(cache, "redsleuth", "axe.min.js"))
	if err != nil {
		t.Skip("no axe-core here (scripts/axe): the page was not checked for accessibility")
	}
	ctx, _ := browse(t, 60)
	for _, scheme := range []string{"light", "dark"} {
		var result string
		err := chromedp.Run(ctx,
			emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
				{Name: "prefers-color-scheme", Value: scheme},
			}),
			chromedp.Evaluate(string(axe), nil),
			chromedp.Evaluate(`axe.run().then(function (r) { return JSON.stringify(r.violations.map(function (v) {
				return {id: v.id, impact: v.impact, where: v.nodes[0].html.slice(0, 200)}; })); })`, &result,
				func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if err != nil {
			t.Fatal(err)
		}
		var found []struct{ ID, Impact, Where string }
		if err := json.Unmarshal([]byte(result), &found); err != nil {
			t.Fatal(err)
		}
		for _, v := range found {
			if v.Impact == "serious" || v.Impact == "critical" {
				t.Errorf("%s: %s (%s): %s", scheme, v.ID, v.Impact, v.Where)
			} else {
				t.Logf("%s: %s (%s): %s", scheme, v.ID, v.Impact, v.Where)
			}
		}
	}
}
