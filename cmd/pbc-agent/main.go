// Command pbc-agent is what pbc sends to hosts. It is started by the bootstrap script and by become hops,
// never by hand.
package main

import (
	"io"
	"os"

	"pbc/agent"
	"pbc/agent/become"
	"pbc/agent/boot"
)

func main() {
	os.Exit(boot.Main(os.Args[1:], func(rw io.ReadWriteCloser) error {
		return agent.Serve(rw, agent.Options{Hop: become.Open, Hopped: boot.Hopped(os.Args[1:])})
	}, agent.RunJob))
}
