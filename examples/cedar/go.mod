module github.com/go-sallyport/sallyport/examples/cedar

go 1.26.0

require (
	github.com/cedar-policy/cedar-go v1.9.2
	github.com/go-sallyport/sallyport v0.0.0
)

require (
	github.com/go-json-experiment/json v1.27.2 // indirect
	github.com/google/uuid v1.6.0 // indirect
	golang.org/x/exp v0.0.0-20220921023135-46d9e7742f1e // indirect
	golang.org/x/net v0.62.0 // indirect
)

replace github.com/go-sallyport/sallyport => ../..
