package jwtissuer

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-sallyport/sallyport/authn/internal/keyfile"
	"github.com/go-sallyport/sallyport/errors/httperr"
)

// A keyring has the keys of an Issuer or of an AssertionSigner.
type keyring struct {
	typ     string        // of the tokens
	ahead   time.Duration // the time for which a new key is published before it signs
	overlap time.Duration // the time for which a key is published after it has signed

	mu         sync.Mutex      // held during a change
	usedBefore map[string]bool // IDs and thumbprints of all keys of the program so far
	withdrawn  map[string]bool // thumbprints of withdrawn keys that may still be in a file
	schedule   atomic.Pointer[keySchedule]
	files      *keyfile.File // nil if the keys come from the program
}

// init sets the first keys: key, or those of file. It adds the faults of both.
func (k *keyring) init(f *httperr.ConfigFaults, key SigningKey, file KeyFile) {
	if file.isSet() {
		if key.Private != nil || key.ID != "" || key.Algorithm != "" {
			f.Add("Key", nil, "stands beside KeyFile", "leave one of them out")
		}
		k.withdrawn = map[string]bool{}
		k.open(f, file)
		return
	}
	if first := key.prepare(f, "Key.", k.typ); first != nil {
		k.usedBefore = map[string]bool{first.id: true, first.thumbprint: true}
		k.schedule.Store(&keySchedule{{signingKey: first}})
	}
}

// at returns the keys at now. It reads the files again if they have changed.
func (k *keyring) at(now time.Time) *keySchedule {
	if k.files != nil {
		_ = k.files.Check(now) // OnRefresh gets the fault, and the keys before it stay in use
	}
	return k.schedule.Load()
}

// sign returns a token of the key that signs at now. claims are JSON.
func (k *keyring) sign(now time.Time, claims string) (string, error) {
	keys := *k.at(now)
	return keys[keys.signerIndex(now)].sign(claims)
}

// A keySchedule is the list of the keys of a keyring, in the order in which they sign. It
// is never changed. The time alone decides which key signs, so no timer is needed for a
// key to start or to drop out.
type keySchedule []scheduledKey

// A scheduledKey signs from start until end. A zero start is always in the past, and a
// zero end never comes.
type scheduledKey struct {
	*signingKey
	start, end time.Time
	atStart    bool // the files had it when the program started
}

func (k scheduledKey) signsAt(now time.Time) bool {
	return !now.Before(k.start) && (k.end.IsZero() || now.Before(k.end))
}

// signerIndex returns the index of the key that signs at now.
func (r keySchedule) signerIndex(now time.Time) int {
	for n := len(r) - 1; n > 0; n-- {
		if !now.Before(r[n].start) {
			return n
		}
	}
	return 0
}

// isPublished reports whether k is published at now. overlap is the time for which a key is
// published after its end.
func (k scheduledKey) isPublished(now time.Time, overlap time.Duration) bool {
	return k.end.IsZero() || now.Before(k.end.Add(overlap))
}

// publishedAt returns the keys that are published at now, and the time until which this
// result holds: the first key drops out then. The time is zero if no key drops out.
func (r keySchedule) publishedAt(now time.Time, overlap time.Duration) (published keySchedule, until time.Time) {
	for len(r) > 0 && !r[0].isPublished(now, overlap) { // the usual case, without an allocation
		r = r[1:]
	}
	published = r
	for n, k := range r {
		if !k.isPublished(now, overlap) {
			published = append(keySchedule(nil), r[:n]...)
			for _, later := range r[n:] {
				if later.isPublished(now, overlap) {
					published = append(published, later)
				}
			}
			break
		}
	}
	for _, k := range published {
		if dropsOut := k.end.Add(overlap); !k.end.IsZero() && (until.IsZero() || dropsOut.Before(until)) {
			until = dropsOut
		}
	}
	return published, until
}

// indexOf returns the index of the key with the key material of k, or -1.
func (r keySchedule) indexOf(k *signingKey) int {
	for n := range r {
		if r[n].thumbprint == k.thumbprint {
			return n
		}
	}
	return -1
}

// replaced returns the schedule after the files have changed to keys, of which the last one
// is to sign. A key that is new signs after ahead. Until one of keys may sign, the present
// signer does, also if it is in no file any more.
//
// The exceptions are the keys at the start of the program: it is unknown how long another
// process has published the last one. The last but one signs at once, and the last one
// after ahead, or at once if the files no longer have the signer.
func (r keySchedule) replaced(keys []*signingKey, now time.Time, ahead time.Duration) keySchedule {
	current := make(keySchedule, len(keys))
	for n, k := range keys {
		current[n] = scheduledKey{signingKey: k, start: now.Add(ahead), atStart: len(r) == 0}
		if at := r.indexOf(k); at >= 0 {
			current[n] = r[at] // with the same signingKey, because a cache of jwtauth compares it
			current[n].end = time.Time{}
		}
	}
	signer := r.signerIndex(now)
	signs := len(r) > 0 && r[signer].signsAt(now)
	gone := !signs || current.indexOf(r[signer].signingKey) < 0
	first := current.firstStart()
	if now.Before(first) && gone { // none of keys may sign yet
		for n := range current {
			if signs && current[n].atStart || !signs && n < max(len(current)-1, 1) {
				current[n].start = time.Time{}
			}
		}
		first = current.firstStart()
	}
	var retired, last keySchedule
	for n, k := range r {
		switch {
		case current.indexOf(k.signingKey) >= 0:
		case n == signer && signs && now.Before(first):
			k.end = first
			last = keySchedule{k} // behind the other retired keys, so that it signs
		default:
			if k.end.IsZero() {
				k.end = now
			}
			retired = append(retired, k)
		}
	}
	return append(append(retired, last...), current...)
}

// firstStart returns the time from which one of the keys may sign.
func (r keySchedule) firstStart() time.Time {
	return slices.MinFunc(r, func(a, b scheduledKey) int { return a.start.Compare(b.start) }).start
}

// inFiles returns the keys that are still in the files.
func (r keySchedule) inFiles() (keys []*signingKey) {
	for _, k := range r {
		if k.end.IsZero() {
			keys = append(keys, k.signingKey)
		}
	}
	return keys
}
