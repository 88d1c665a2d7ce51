// Package sessionfaults shows that package session keeps honest users and notices thieves,
// when networks, processes and stores fail.
package sessionfaults
