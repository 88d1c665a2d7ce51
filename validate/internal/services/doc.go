// Package services has tests with structs in the shape of the requests of services, by the
// framework that they were written for. Each struct is accepted as it is, or validate.New
// refuses it and says what to write; with that change it accepts the valid requests and refuses
// the others.
package services
