package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"pbc/runtime/callback"
	"pbc/runtime/fact"
)

// takeAllFacts takes --all-facts out of a command line: it is PBC_FACTS=all.
func takeAllFacts(args []string) []string {
	end := slices.Index(args, "--")
	if end < 0 {
		end = len(args)
	}
	i := slices.Index(args[:end], "--all-facts")
	if i < 0 {
		return args
	}
	_ = os.Setenv("PBC_FACTS", "all") // of a name without NUL it cannot fail
	return slices.Delete(slices.Clone(args), i, i+1)
}

// quiet are the callbacks that show no results.
var quiet = []string{"timer", "profile_tasks", "profile_roles"}

// seesFacts says whether somebody beside the tasks sees the facts of hosts: whoever asked for more than -v, a
// callback that shows results, the event log, or a cache that outlives the run.
func (s *session) seesFacts(opt callback.Options) (bool, error) {
	switch word := os.Getenv("PBC_FACTS"); word {
	case "", "auto":
	case "all":
		return true, nil
	default:
		return false, fmt.Errorf("PBC_FACTS is %q, want auto or all", word)
	}
	loud := slices.ContainsFunc(opt.Enabled, func(n string) bool {
		return !slices.Contains(quiet, n[strings.LastIndex(n, ".")+1:])
	})
	cache := s.conf.String("CACHE_PLUGIN")
	return loud || opt.Stdout != "default" || opt.Verbosity > 1 || os.Getenv("PBC_EVENT_LOG") != "" ||
		cache != "memory" && cache != "ansible.builtin.memory", nil
}

// factCollector tells the linker what gathers a fact; nil has it gather all facts.
func (s *session) factCollector() func(string) string {
	if s.allFacts {
		return nil
	}
	return fact.SubsetOf
}
