// Package watch notices when the rate of something departs from what it has
// been, from the records of requests alone: no metrics stack, no goroutine, no
// clock of its own.
//
// # Threat
//
// Passwords tried by the thousand, a stolen key that reads the whole table, a
// release that fails one request in three: all of it is in the records, and
// nobody reads them before the morning after.
//
// # What is watched
//
// Six signals ([Signal]): responses 401, 403, 429 and 5xx, requests, and bytes
// of responses. Each is counted per route, and per principal or, where nobody
// was authenticated, per address of the client: most 401s have no principal,
// and one of nobody's guesses would otherwise stand only in the sum of its
// route. An IPv6 address counts by its /64, which one subscriber holds whole;
// an IPv4 address counts by itself, because those beside it are strangers. A
// record with neither a principal nor an address counts for its route alone.
//
// One signal of one subject is a series. A series counts in windows of
// Config.Window, and at the end of each moves its baseline: the exponentially
// weighted mean of past counts, and the mean absolute deviation from it. The
// record that takes the count of the running window to the limit
//
//	max(Min, Factor × mean, mean + Deviations × deviation)
//
// raises the alert. All three must be passed: the first keeps small numbers
// quiet, the second quiet series with little noise, the third those that are
// noisy by nature. What is over the limit moves the baseline only as far as the
// limit itself would, so that one huge window does not teach the watcher that
// huge is normal.
//
// Only rises are reported. A request that does not come brings no record, so
// that a fall could only be reported after its end, or by a goroutine with a
// clock; and what it means, that the service cannot be reached, is known
// sooner by whoever probes it from outside.
//
// # Limits of the method
//
// Requests that come independently of each other raise a false alarm in one
// window of 75,000 at most, where Factor × mean is just above Min, and hardly
// ever elsewhere. What comes in bursts raises more; Deviations is for that.
//
// A baseline that moves can be led. Growth slower than 0.7 ×
// (max(Factor, Deviations) - 1) / HalfLife a window, 7 % with the defaults, is
// never a departure from it; Level.Max is the answer for a number that must not
// be passed however slowly. A higher
// level that stays becomes the normal one: with the defaults ten times the usual
// is taken for normal after 26 windows. What happens once a night is a
// departure every night; give it a Min above its usual size. A burst across
// the end of a window is counted in two halves. Baselines live in memory: after
// a start, Config.WarmUp windows are judged by Level.New alone.
//
// # Time
//
// The clock is the end of each request as its record tells it, Time + Duration,
// when status and bytes became known; by Time alone a download of ten minutes
// would belong to a window long closed. A record up to 8 windows behind its
// series is counted in the running window of that series, because evidence that
// comes late must not be lost. One further behind says that the clock was set
// back, and the series goes on from there with its baseline. A clock set
// forward looks like silence. A record without a Time is not counted.
//
// # Memory
//
// Series are known by a keyed hash, never by name; names are taken from the
// record that raises the alert. The six series of one subject take 216 bytes,
// about 260 with their place in the index. Config.Routes, Principals and
// Networks are hard caps; with the defaults all of it stays below 6 MiB.
//
// When a scope is full, a subject silent for two half-lives, and for longer than
// its cooldown, gives its place to a new one. If there is none, new subjects are counted in shared series, one
// for every eight places, chosen by the hash. So nobody active loses a series
// by the coming of others, whatever their number, and nobody is uncounted: the
// count of a shared series is never less than that of any subject in it. Its
// alerts say Shared: the Subject tripped it, and need not have been alone, and
// the cooldown is that of all in it. Where such alerts come without an attack,
// the cap is too small.
//
// A record costs about 0.1 µs and no allocation, a new subject at most one.
//
// # Use
//
// Give [Watcher.Observe] to the outermost layer:
//
//	w, err := watch.New(watch.Config{OnAlert: func(a watch.Alert) { … }})
//	errs, err := httperr.New(httperr.Config{Observe: w.Observe})
package watch
