//go:build embed_agents

package agents

import (
	"embed"
	"io/fs"
)

//go:embed bin
var bin embed.FS

var embedded = sub()

func sub() fs.FS {
	f, err := fs.Sub(bin, "bin")
	if err != nil {
		panic("agents: embedded folder: " + err.Error())
	}
	return f
}
