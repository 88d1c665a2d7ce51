package redisstore

import (
	_ "embed" // the scripts are files of their own, to be read as what they are

	"github.com/redis/go-redis/v9"
)

//go:embed take.lua
var takeSource string

//go:embed refund.lua
var refundSource string

//go:embed reset.lua
var resetSource string

// A script is sent by its digest, and once more in full to a server that does
// not know it: after a restart, a failover or a SCRIPT FLUSH. NOSCRIPT says that
// nothing was run, so that is no retry of something that may have happened.
type script struct {
	source, sha string
	shaArg      any // sha, boxed once
}

func newScript(source string) script {
	sha := redis.NewScript(source).Hash()
	return script{source: source, sha: sha, shaArg: sha}
}
