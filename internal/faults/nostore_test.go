//go:build !redisstore

package faults

func storeSubjects() []subject { return nil }
