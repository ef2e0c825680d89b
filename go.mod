module github.com/shakedown-dev/shakedown

go 1.26
