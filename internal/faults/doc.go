// Package faults shows how a shared limit behaves when the network and the stores fail: a
// server that hangs, a lost reply, a missing node. It is a module of its own, so that its
// tools are never dependencies of the library.
//
// Each harness also runs on a subject with a mistake, and has to detect the mistake. The
// list names the mistakes behind the arrow. In the output their names begin with "broken":
//
//   - TestLinearizable: histories under short faults are histories of one counter, and each
//     attempt counts at most once, although the user's client retries → the right script on
//     that client, on one node and on a cluster; a limiter that looks before it takes;
//   - TestLinearizableRefunds: the same for callers that also take the units that are left and
//     give back their units → a refund that happens twice when its reply is lost; one unit
//     too many for a caller that takes the units that are left;
//   - TestBurst: eight processes with 1,920 attempts are granted exactly the limit → a limiter
//     that looks before it takes;
//   - TestFaults: under each fault, without TLS and with it, a decision keeps its budget, its
//     error has a name, and no goroutine is left → the client as the user has it; a store whose errors have no name; a
//     store that leaks; a fault that has no effect;
//   - TestBreakerReportsEachOutageOnce: OnState reports each outage once and its end once →
//     callers that each report what they see;
//   - TestBreakerOpen: while the breaker is open a decision takes less than a microsecond and
//     allocates nothing → a store without a breaker;
//   - TestFleet: twenty processes that lost Redis together do not come back together → a
//     breaker with the same pauses in every process;
//   - TestClusterReshard: slots that move under load → a limiter that looks before it takes;
//   - TestClusterKill, TestSentinelKill, TestSentinelFreeze: a master that dies or hangs under
//     load → a store that admits a request that it could not count;
//   - TestSentinelLogins: a replica takes over that has not seen the last guesses at fifty
//     accounts, and no owner is kept out → a store that settles the counts of the account and
//     of the address each for itself;
//   - TestClosedConnections: connections that a healthy server has closed refuse no request and
//     no login, without TLS and with it → a client that looks at no connection with TLS;
//   - TestClock: a server whose clock is set → a log that counts only the past;
//   - TestClientIgnoresDeadlinesByDefault: the reason why the client alone is not enough → the
//     same client with the option that is off by default.
//
// The proofs of sessions are in package sessionfaults.
//
// The documentation of package redisstore says how many units a failover of the server
// forgets: granted units that no replica has received. The tests allow at most the units that
// one key was granted in the last half second before the master was gone.
//
// The tables are in the output of go test -v, and so of make faults, which takes about
// twenty minutes; with -short there are half as many histories, bursts and outages. A release
// is tested with FAULTS_SCALE=10 make faults: ten times as many of them, in 25 minutes on two
// busy cores, and the sessions after them. FAULTS_SEED repeats the random choices of a run.
// The rows of make scoreboard run parts of it.
package faults
