module github.com/shakedown-dev/shakedown

go 1.26.0

require (
	github.com/prometheus/client_golang v1.25.0 // indirect
	github.com/prometheus/prometheus v0.315.0 // indirect
)
