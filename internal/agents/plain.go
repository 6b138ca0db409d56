//go:build !embed_agents

package agents

import "io/fs"

// embedded is nil: a plain build has no agents but itself.
var embedded fs.FS
