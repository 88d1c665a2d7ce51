// Package faults shows what happens when the network and the stores misbehave:
// a server that hangs, a reply that is lost, a node that is gone. It is a module
// of its own, so that its tools are never dependencies of the library.
//
// The proofs are about a limit that several processes share. Each harness is also
// run on something that is wrong, and has to find it; what that is stands behind
// the arrow, and its name begins with "broken" in the output:
//
//   - TestLinearizable: histories under short faults are those of one counter,
//     each attempt counted at most once, with the retries of the user's client on
//     → the right script on that client, on one node and on a cluster; a limiter
//     that looks before it takes;
//   - TestLinearizableRefunds: the same of callers who also take what there is and
//     give back what they got → a refund that happens twice when its reply is
//     lost; one unit too many for who takes what there is;
//   - TestBurst: eight processes with 1,920 attempts are granted the limit, exactly
//     → a limiter that looks before it takes;
//   - TestFaults: whatever goes wrong, a decision keeps its budget, its error has
//     a name, and nothing is left behind → the client as the user has it; a store
//     whose errors have no name; one that leaks; a fault that is none;
//   - TestBreakerTells: OnState tells of each outage once and of its end once →
//     callers who each tell of what they see;
//   - TestBreakerOpen: while the store is given up a decision takes less than a
//     microsecond and allocates nothing → a store without a breaker;
//   - TestFleet: twenty processes that lost Redis together do not come back
//     together → a breaker whose pauses are the same for all;
//   - TestClusterReshard: slots that move under load → a limiter that looks before
//     it takes;
//   - TestClusterKill, TestSentinelKill, TestSentinelFreeze: a master that dies or
//     hangs under load → a store that admits what it could not count;
//   - TestClock: a server whose clock is set → a log that counts the past only;
//   - TestClientIgnoresDeadlinesByDefault: why none of this can be left to the
//     client → the same client with the option that its default lacks.
//
// What the failover of a server loses is in the documentation of package
// redisstore: units granted that no replica had heard of. The tests hold it to
// what one key was granted in the last half second before the master was gone.
//
// The tables are in the output of go test -v, and so of make faults, which takes
// about six minutes. FAULTS_SCALE=10 make faults is what a release is tested with:
// ten times as many histories, bursts and outages, in 25 minutes on two cores that
// are busy with other things as well. FAULTS_SEED repeats the random choices of a run.
package faults
