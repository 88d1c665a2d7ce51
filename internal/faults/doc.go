// Package faults shows what happens when the network and the stores misbehave:
// a server that hangs, a reply that is lost, a node that is gone. It is a module
// of its own, so that its tools are never dependencies of the library.
//
// The proofs are about a limit that several processes share:
//
//   - TestLinearizable: histories under short faults are those of one counter,
//     each attempt counted at most once, with the retries of the user's client on;
//   - TestBurst: eight processes with 1,920 attempts are granted the limit, exactly;
//   - TestFaults: whatever goes wrong, a decision keeps its budget, its error has
//     a name, and nothing is left behind;
//   - TestClusterReshard, TestClusterKill: slots that move, a master that dies;
//   - TestClock: a server whose clock is set.
//
// Each is also run on something that is wrong, and has to find it. The tables
// are in the output of go test -v. FAULTS_SCALE=10 repeats ten times as often,
// which takes about ten minutes (-timeout 30m); FAULTS_SEED repeats the random
// choices of a run.
package faults
