package redisstore

import _ "embed" // the scripts are files of their own, so that editors read them as Lua

//go:embed take.lua
var takeSource string

//go:embed refund.lua
var refundSource string

//go:embed reset.lua
var resetSource string

//go:embed lockout.lua
var lockoutSource string
