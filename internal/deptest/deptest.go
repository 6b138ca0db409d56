// Package deptest keeps the import policy: which package of pbc may not depend on which, and why. The
// policy is the table in this file; its test holds the repository to it.
package deptest

// rule bans dependencies. Patterns are import paths; one that ends in /... also takes what is below.
type rule struct {
	from   string
	never  []string // banned
	except []string // banned ones that are allowed all the same
	direct bool     // only what from imports itself counts, not what that imports
	why    string
}

var policy = []rule{
	{
		from: "pbc/ir/...", never: []string{"pbc/..."}, except: []string{"pbc/ir/..."},
		why: "the IR is the contract between everybody, so it knows nobody",
	},
	{
		from: "pbc/transport/...", never: []string{"pbc/..."}, except: []string{"pbc/transport/..."},
		why: "transport carries bytes: it knows targets and streams, not tasks",
	},
	{
		from: "pbc/compiler/...", never: []string{"pbc/agent/...", "pbc/transport/...", "pbc/runtime/controller/...", "pbc/runtime/callback/...", "pbc/runtime/machine/...", "pbc/cmd/..."},
		why: "compiling needs no host: what a compiler can reach must not run anything",
	},
	{
		from: "pbc/runtime/...", never: []string{"pbc/compiler/...", "pbc/cmd/..."},
		why: "runtime gets programs, never source: linking comes through an interface that cmd/pbc wires",
	},
	{
		from: "pbc/runtime/machine/...", never: []string{"pbc/runtime/controller/...", "pbc/runtime/callback/...", "pbc/runtime/lookup/..."},
		why: "the machine runs on hosts: the controller's parts stay on the controller",
	},
	{
		from: "pbc/agent/...", never: []string{"pbc/compiler/...", "pbc/runtime/controller/...", "pbc/runtime/callback/...", "pbc/runtime/lookup/...", "pbc/cmd/..."},
		why: "the agent has no template or playbook parser, so nothing on a host can be evaluated that was not compiled",
	},
	{
		from: "pbc/agent/...", never: []string{"pbc/transport/ssh/...", "pbc/transport/deploy/...", "pbc/transport/spawn/..."},
		why: "an agent is connected to; it does not connect",
	},
	{
		from: "pbc/cmd/pbc-agent", never: []string{"pbc/compiler/...", "pbc/runtime/controller/...", "pbc/runtime/callback/...", "pbc/runtime/lookup/...", "pbc/internal/..."},
		why: "the agent is sent to every host and trusted with nothing it does not need",
	},
	{
		from: "pbc/cmd/pbc-agent", never: []string{"golang.org/x/crypto/...", "net/http/...", "crypto/tls/..."},
		except: []string{"golang.org/x/crypto/blowfish"}, // 8 KB, of bcrypt's hashes
		why:    "0.8 to 1.2 MB on every new host; the agent speaks over its standard streams",
	},
	{
		from: "pbc/cmd/pbc-agent", never: []string{"text/template/...", "html/template/...", "github.com/expr-lang/expr/..."},
		why: "they call methods by name, which switches off the linker's pruning in the whole program: 0.45 MB",
	},
	{
		from: "pbc/cmd/pbc-agent", never: []string{"regexp/...", "encoding/json/...", "os/user/..."},
		why: "runtime/pyre and ir/value do the same as Python does it: 0.16 MB compressed for a second engine and a second reader",
	},
	{
		from: "pbc/cmd/pbc-agent", never: []string{"go.yaml.in/yaml/...", "gopkg.in/yaml.v3/...", "github.com/spf13/..."},
		why: "playbooks and command lines are read on the controller",
	},
	{
		from: "pbc/...", never: []string{"testing/..."},
		why: "programs do not carry test code",
	},
	{
		from: "pbc/...", never: []string{"go.yaml.in/yaml/...", "gopkg.in/yaml.v3/..."}, direct: true,
		why: "YAML as PyYAML reads it is compiler/yaml's alone, so that its library can be changed in one place",
	},
}

// exempt are the packages that exist for what others may not depend on, with those patterns.
var exempt = map[string][]string{
	"pbc/compiler/yaml": {"go.yaml.in/yaml/...", "gopkg.in/yaml.v3/..."},
}
