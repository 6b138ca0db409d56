module pbc

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/xtaci/smux v1.5.58
	golang.org/x/crypto v0.58.0
)
