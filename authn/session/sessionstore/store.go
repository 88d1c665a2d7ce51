package sessionstore

import (
	"context"
	"time"
)

// TagLen is the length of the tag of a subject, which is the beginning of each session ID.
const TagLen = 26

// Store keeps sessions and revocations, by the rules of the package comment. It must be
// safe for concurrent use. Session IDs and tags are of [A-Z2-7]; a store compares them
// exactly. The byte slices that a store takes and returns belong to the receiver.
type Store interface {
	Revocations

	// Create stores a session.
	//
	// It begins at the time of the store, but later than the not-before of the subject, if
	// need be by a millisecond: the login that follows a RevokeSubject must not be
	// revoked by it. It expires after Idle or Absolute, if that is earlier.
	//
	// If the subject has Max or more sessions that have not expired, Create ends the
	// oldest of them by their beginning, as End would, so that Max are left with the new
	// one. With Refuse it changes nothing and returns Full. Max 0 is no bound.
	//
	// A retry finds a session with the SID. It then changes nothing and returns the times
	// of that session, and no Ended.
	Create(ctx context.Context, c Creation) (Created, error)

	// Read returns a session and the time of the store. found is false if the session was
	// not created, has ended, or was deleted. A session that has expired may be returned,
	// and is until AccessUntil: its access tokens still have to be found by RevokeSubject.
	Read(ctx context.Context, sid string) (r Record, found bool, err error)

	// Commit records a use of a session, and changes its state if nothing else has changed
	// it.
	//
	// If the session has ended or expired, Commit changes nothing and returns Ended.
	// Otherwise it raises AccessUntil to Access from now, unless it is later, sets LastUsed
	// to now, and Expires to Idle from now or to Ends, if that is earlier.
	//
	// If New is nil, that was all, and Commit returns Applied. With Access 0, a store may
	// leave out the record of a use that is less than Every after the last one: that saves
	// most of the writes.
	//
	// If New is not nil, Commit compares the stored State with Old, byte by byte. If they are
	// equal, it stores New. With Rotates it also sets Rotated to now and stores Sealed for
	// SealedFor, in place of an earlier Sealed. It returns Applied. If State and Old differ,
	// the state and Sealed stay, and Commit returns Conflict.
	//
	// The record is the session after the call. A retry of an applied change finds New
	// instead of Old, and so returns Conflict with a State that is equal to New.
	Commit(ctx context.Context, c Commit) (Record, Outcome, error)

	// End deletes the sessions of one subject that are in sids, and revokes each of them
	// in the same step: Check reports it until the AccessUntil of the session, and for keep
	// at least. It returns the IDs of the sessions that it has deleted. Session IDs
	// without a session are no error, and are not revoked, so a retry returns fewer IDs or
	// none. sids is not empty, and all have the same tag.
	End(ctx context.Context, sids []string, keep time.Duration) (ended []string, err error)

	// List returns the sessions of a subject that have not ended, in any order, and the
	// time of the store. It also returns those that have expired, until AccessUntil at
	// least: their access tokens are still to be revoked. Sealed is left out.
	List(ctx context.Context, tag string) ([]Record, time.Time, error)

	// Link makes a session findable by a session at the identity provider, under the key
	// upstream, for l.Keep. Package session calls it after Create. It returns the latest
	// until of an earlier Linked with this key that is still remembered, or the zero time:
	// the caller then ends a session that has not begun after it. A retry changes nothing.
	Link(ctx context.Context, l Link) (endedUntil time.Time, err error)

	// Linked returns the IDs of the sessions that Link has stored under the key upstream
	// and that have begun at until or before. It remembers until for keep, unless a later
	// one is remembered. The sessions stay linked, so that a caller that fails after Linked
	// can call it again.
	Linked(ctx context.Context, upstream string, until time.Time, keep time.Duration) (sids []string, err error)
}

// Revocations is the part of a Store that decides about access tokens.
type Revocations interface {
	// RevokeToken makes Check report an access token of a subject for keep, or longer if an
	// earlier call said so. token is a hash of the ID of the token, and not zero.
	RevokeToken(ctx context.Context, tag string, token [16]byte, keep time.Duration) error

	// RevokeSubject ends all sessions of a subject as End does, with keep, and returns
	// their IDs. In the same step it sets the not-before of the subject to the time of the
	// store, and keeps it for subjectKeep. A later not-before stays.
	RevokeSubject(ctx context.Context, tag string, keep, subjectKeep time.Duration) (ended []string, err error)

	// Check returns all that decides about an access token. It changes nothing. All of it
	// is read at one moment and in one round trip.
	Check(ctx context.Context, q Query) (Verdict, error)
}

// A Creation is a new session.
type Creation struct {
	SID      string
	Data     []byte        // never changes
	State    []byte        // as in Record
	Idle     time.Duration // how long the session lasts without a use
	Absolute time.Duration // how long it lasts at most; not less than Idle
	Access   time.Duration // how long its first access token must stay revocable; 0 if there is none

	Max    int           // the most sessions of the subject
	Refuse bool          // refuse the session beyond Max
	Keep   time.Duration // as in End, for the sessions that it ends
}

// Created is the answer of Create.
type Created struct {
	Full    bool // the session was refused; all else is zero
	Started time.Time
	Expires time.Time
	Ended   []string // the sessions that had to end
}

// A Record is a session as the store has it.
type Record struct {
	SID   string
	Data  []byte // as in Creation
	State []byte // as Create or the last applied change has stored it

	// Sealed is the Sealed of the last rotation. It is empty before the first rotation, and
	// SealedFor after each: from then on the store does not have it.
	Sealed []byte

	Started     time.Time
	LastUsed    time.Time // the last Commit that recorded a use, or Started
	Rotated     time.Time // the last change with Rotates; zero before the first
	Expires     time.Time // the session cannot be used at this time or later
	Ends        time.Time // Expires never gets later than this: Absolute after Started
	AccessUntil time.Time // the latest access token of the session is not good at this time or later; zero if there was none

	Now time.Time // the time of the store at the call
}

// A Commit is a use of a session.
type Commit struct {
	SID    string
	Idle   time.Duration // as in Creation
	Access time.Duration // how long the access token of this use must stay revocable; 0 if there is none
	Every  time.Duration // how often a use without an access token has to be recorded; 0 is always

	Old, New  []byte // the State that was read, and the State to store; New is nil for a use alone
	Rotates   bool   // the change is a rotation
	Sealed    []byte // of a rotation
	SealedFor time.Duration
}

// An Outcome is the answer of Commit.
type Outcome uint8

// The outcomes. The zero Outcome permits nothing.
const (
	Ended Outcome = iota
	Applied
	Conflict
)

// A Link is the relation of a session to a session at the identity provider.
type Link struct {
	Upstream string // key of the upstream session or subject
	SID      string
	Started  time.Time // the beginning of the session, from Create
	Keep     time.Duration
}

// A Query asks about an access token. Tag is the tag of its subject.
type Query struct {
	Tag    string
	Tokens [2][16]byte // keys of RevokeToken; a zero key is none
	SID    string      // empty if the token is of no session. If it is set, it begins with Tag
}

// A Verdict is the answer to a Query.
type Verdict struct {
	Token     bool      // RevokeToken has revoked one of the keys
	Session   bool      // the session has ended
	Started   time.Time // the beginning of the session; zero if the store does not have it
	NotBefore time.Time // of the subject; zero if there is none
}
