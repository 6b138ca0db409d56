package config

import (
	"cmp"
	"strconv"
	"strings"
)

// within says whether an ansible-core is one from since to until; "" is no bound.
func within(core, since, until string) bool {
	return (since == "" || minor(core) >= minor(since)) && (until == "" || minor(core) <= minor(until))
}

// minor is the second number of a version: all that count begin with 2.
func minor(version string) int {
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(parts[1])
	return n
}

// formerNames are the old names of settings, which an ansible-core lacks from its Version on.
var formerNames = map[string]*Notice{
	"ANSIBLE_CALLBACK_WHITELIST":    {Why: "normalizing names to new standard", Instead: "ANSIBLE_CALLBACKS_ENABLED", Version: "2.15"},
	"defaults.callback_whitelist":   {Why: "normalizing names to new standard", Instead: "callbacks_enabled", Version: "2.15"},
	"ANSIBLE_COW_WHITELIST":         {Why: "normalizing names to new standard", Instead: "ANSIBLE_COW_ACCEPTLIST", Version: "2.15"},
	"defaults.cow_whitelist":        {Why: "normalizing names to new standard", Instead: "cowsay_enabled_stencils", Version: "2.15"},
	"ANSIBLE_JINJA2_NATIVE_WARNING": {Why: "This option is no longer used in the Ansible Core code base.", Version: "2.17"},
	"ANSIBLE_COLLECTIONS_PATHS":     {Why: "does not fit var naming standard, use the singular form ANSIBLE_COLLECTIONS_PATH instead", Version: "2.19", Since: "2.15"},
	"defaults.collections_paths":    {Why: "does not fit var naming standard, use the singular form collections_path instead", Version: "2.19", Since: "2.15"},
}

// knows says whether the ansible-core still has that name of a setting.
func (c *Config) knows(name string) bool {
	n := formerNames[name]
	return n == nil || minor(c.core) < minor(n.Version)
}

// deprecate notes that something deprecated is in use; the notice may be nil.
func (c *Config) deprecate(what string, n *Notice) {
	if n == nil || !within(c.core, n.Since, "") {
		return
	}
	text := what + " option, " + n.Why
	if n.Instead != "" {
		text += ", use " + n.Instead + " instead"
	}
	if within(c.core, "2.19", "") {
		text = what + " option. Reason: " + n.Why + "\nAlternatives: " + cmp.Or(n.Instead, "none")
	}
	c.Deprecations = append(c.Deprecations, Deprecation{text, n.Version})
}
