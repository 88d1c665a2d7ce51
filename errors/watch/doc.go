// Package watch raises an alert when the rate of a signal rises above its
// baseline. It reads only the records of requests: it needs no metrics stack, no
// goroutine and no clock of its own.
//
// # Use
//
//	w, err := watch.New(watch.Config{OnAlert: func(a watch.Alert) { … }})
//	if err != nil {
//		log.Fatal(err)
//	}
//	errs, err := httperr.New(httperr.Config{Observe: w.Observe})
//
// [Watcher.Observe] is the Observe function of the outermost layer.
//
// # Options
//
//	OnAlert                        receives the alerts; required
//	Window                         length of a window; default 1m
//	HalfLife, WarmUp               windows that form the baseline; defaults 30 and 10
//	Factor, Deviations             distance from the baseline; defaults 3 and 4
//	Cooldown                       windows below the limit that end an event; default 10
//	Routes, Principals, Networks   subjects with series of their own; defaults 1024, 8192, 8192
//	Unauthorized … Bytes           absolute levels of each signal, with ceilings
//
// # Threat
//
// An attacker tries passwords by the thousand. A stolen key reads the whole table.
// A release fails one request in three. The records show all of it, but people
// read them only the next morning.
//
// # Invariant
//
// There are six signals ([Signal]): responses 401, 403, 429 and 5xx, requests, and
// bytes of responses. Each is counted per route. It is also counted per principal
// or, if the request has no principal, per address of the client. Most 401s have
// no principal, and the guesses of one client would otherwise appear only in the
// sum of the route. An IPv6 address counts by its /64, which one subscriber holds
// as a whole. An IPv4 address counts by itself, because its neighbours belong to
// other subscribers. A record with neither a principal nor an address counts only
// for its route.
//
// One signal of one subject is a series. A series counts in windows of
// Config.Window. At the end of each window it updates its baseline: the
// exponentially weighted mean of past counts, and the mean absolute deviation from
// that mean. The record that takes the count of the running window to the limit
//
//	max(Min, Factor × mean, mean + Deviations × deviation)
//
// raises the alert. The count must reach all three terms. The first prevents
// alerts of small numbers, the second alerts of series with little noise, and the
// third alerts of series that are always noisy. A count over the limit moves the
// baseline only as far as the limit itself would, so that one huge window does
// not become the new normal.
//
// Two ceilings hold for every baseline: Level.Max for every series, and
// Level.ClientMax for one principal or network.
//
// # One event, one alert
//
// An event lasts until its series has stayed below the limit for Config.Cooldown
// windows. While it lasts, these raise no alert, because they belong to the event:
//
//   - the same signal of the same subject; for six cooldowns, then the alert is repeated
//   - requests and bytes of one subject, because both rise together
//   - requests of a subject, if refusals or failures in an event are half of them
//   - a client on a route, if the route is in an event of the signal
//   - a route, if a client in an event of the signal causes half of its count
//
// A series that reaches a ceiling is reported during an event too, unless an
// alert has reported that series already. ClientMax is reported only for a client
// that causes half of the count of the route, so that an attack of many clients
// is one alert. The alert lists in Others the series of the same route and client
// that are near their limits, and the client that causes half of the count of the
// route. Requests that end at the same moment on several processors can raise one
// alert more.
//
// Only rises are reported. A missing request brings no record, so a fall could only
// be reported after its end, or by a goroutine with a clock. A fall means that the
// service cannot be reached, and a probe from outside reports that earlier.
//
// # Limits of the method
//
// Independent requests cause a false alarm in at most one window of 75,000 if
// Factor × mean is just above Min, and hardly ever otherwise: computed from the
// Poisson distribution, and counted by go test -v -run FalseAlarms ./errors/watch.
// Requests that come in bursts cause more; raise Deviations for them.
//
// An attacker can move the baseline slowly. Growth slower than 0.7 ×
// (max(Factor, Deviations) - 1) / HalfLife a window, 7 % with the defaults, never
// departs from the baseline. Use Level.Max for a number that must not be passed
// even slowly. A higher level that stays becomes the normal one: with the defaults,
// ten times the usual is normal after 26 windows. A job that runs once a night
// raises an alert every night; give it a Min above its usual size. A burst across
// the end of a window is counted in two halves.
//
// Baselines live in memory. After a start, Level.New and the ceilings are the
// limits for Config.WarmUp windows, and an attack that runs meanwhile becomes the
// baseline of its series. So only ClientMax reports an attack that goes on across
// a restart, or Max if many clients take part in it. The traffic of a route
// depends on the size of the service, so Max has no default; set Unauthorized.Max
// and ServerErrors.Max to numbers that your service should not reach in a minute.
// Without package clientip behind a proxy, all clients without a principal are
// one network; their sum may then reach ClientMax.
//
// # Time
//
// The clock is the end of each request as its record tells it, Time + Duration,
// when status and bytes became known. By Time alone a download of ten minutes
// would belong to a window that was closed long ago. A record up to 8 windows
// behind its series is counted in the running window of that series, because a
// late record must not be lost. A record further behind means that the clock was
// set back; the series continues from there with its baseline. A clock that was
// set forward looks like a time without requests. A record without a Time is not
// counted.
//
// # Memory
//
// The series of a subject are found by a keyed hash and do not hold its name; the
// name in an alert comes from the record that raised it. The six series of one
// subject take 224 bytes, and about 270 with their entry in the index. Config.Routes,
// Principals and Networks are hard caps. With the defaults everything stays below
// 6 MiB (go test -v -run TestMemoryIsBounded ./errors/watch).
//
// When one of these caps is reached, a new subject takes the slot of a subject
// that was silent for two half-lives and for longer than its cooldown. If there
// is no such slot, the new subject is counted in a shared series. There is one
// shared series for every eight slots, chosen by the hash. So an active subject
// never loses its series to new subjects, in any number, and every subject is
// counted: the count of a shared series is never less than the count of any
// subject in it. Alerts of a shared series say Shared. Their Subject raised the
// alert but may not be the only cause, and the event is that of all subjects of
// the series. ClientMax does not apply to a shared series. If such alerts come
// without an attack, the cap is too small.
//
// A record costs no allocation, a new subject at most one; go test -bench Observe
// ./errors/watch prints the time of a record.
//
// # What the caller must do
//
// Pass each alert to a queue in OnAlert and return: it runs during the request
// that raised the alert.
package watch
