module github.com/go-sallyport/sallyport/internal/bench

go 1.26.0

require github.com/go-sallyport/sallyport v0.0.0

require (
	github.com/go-chi/chi/v5 v5.5.0
	github.com/google/uuid v1.6.0 // indirect
)

replace github.com/go-sallyport/sallyport => ../..
