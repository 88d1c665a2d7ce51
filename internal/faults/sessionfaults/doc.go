// Package sessionfaults shows that package session keeps honest users and notices thieves,
// when networks, processes and stores fail.
//
// Each proof also runs on a subject with a mistake, and has to detect the mistake. The list
// names the mistakes behind the arrow:
//
//   - TestHonest, TestHonestOnRedis: browsers and phones live for three days on six kinds of
//     network, and keep their sessions → a grace of ten seconds for the predecessor alone;
//   - TestThieves: a thief with a copy of a refresh token is noticed → a service that gives a
//     successor that was never presented again, instead of replacing it;
//   - TestHonestLate: the price of a proxy that delivers requests whose clients have gone;
//   - TestSchedules, TestSchedulesOnRedis, FuzzSchedules: random uses of the tokens of a
//     session, also at one time, fit one history with at most one good token, by a plain rule
//     of rotation → both variants above; a service without a grace; a commit that compares
//     nothing;
//   - TestResets: 4,000 rotations under 200 connection resets end no session → a service
//     without a grace;
//   - TestReplays: 1,000 spent tokens are all noticed → a service that accepts a predecessor
//     for ever;
//   - TestOneSuccessor: 64 uses of one token at a time get one successor → a commit that
//     compares nothing;
//   - TestLogoutDuringIssue, TestLogoutDuringRefresh: after the answer to a logout, no access
//     token of the session is accepted, although it was being signed, or another process
//     refreshes → a commit that does not see the end of a session; a logout that leaves the
//     access tokens;
//   - TestBlackHole: checks and refreshes keep their budget when Redis falls silent → a store
//     that ignores the deadline of a call;
//   - TestSentinelKill: a primary dies by kill -9, and no revocation that was confirmed with
//     a replica is lost → a store that confirms at once;
//   - TestAppendOnlyKill: the same for a server with a log on disk → a server without one.
//
// The model of browsers and thieves, and the schedules, run in virtual time: on the memory
// store, and some of them on a Redis whose clock follows. The other proofs run on the memory
// store, on package authn/redisstore, and on a plain reference store, which shows that a
// proof can be passed.
//
// The tables are in the output of go test -v, and so of make session-faults, which takes
// about ten minutes. With -short the model has 30 families of a kind instead of 300.
package sessionfaults
