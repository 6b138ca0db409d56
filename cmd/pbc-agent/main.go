// Command pbc-agent is what pbc sends to hosts. It is started by the bootstrap script and by become hops,
// never by hand.
package main

import (
	"io"
	"os"

	"pbc/agent/boot"
	"pbc/transport/wire"
)

func main() { os.Exit(boot.Main(os.Args[1:], serve)) }

// serve holds the session until the controller ends it.
func serve(rw io.ReadWriteCloser) error {
	s := wire.Server(rw, wire.Options{})
	<-s.Done()
	return s.Close()
}
