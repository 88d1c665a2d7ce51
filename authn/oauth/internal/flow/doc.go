// Package flow keeps the state of a login in the browser: one sealed cookie for each login
// that is under way.
//
// # Use
//
//	name, value := keys.Seal(f)                  // at the start
//	f, ok := keys.Open(name, value, time.Now())  // at the callback
//
// # Threat
//
// A cookie that an attacker has made, changed, or copied from another login or another name.
// Many unfinished logins, whose cookies make every later request too large.
//
// # Invariant
//
// Open accepts only a cookie that Seal has made, under its own name, for Life. The name has the
// time of the start, so the oldest cookies can be found without their keys, and the
// cookies of another provider count too.
package flow
