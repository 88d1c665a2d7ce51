// Package routes is a router that does not start with a route whose policy is missing.
package routes
