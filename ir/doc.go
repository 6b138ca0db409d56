// Package ir is the contract between the compiler, the controller and the agent: programs and
// batches go down to a host, events come up, values are what both carry. It imports nothing but
// its own leaves; everything may import it.
package ir
