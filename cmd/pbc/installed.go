package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"pbc/ir/expr"
)

// installedProgram finds a program of the installed Ansible, such as "ansible-inventory": the first of that name on PATH that
// is not pbc under another name. It returns "" when there is none.
func installedProgram(name string) string {
	self, err := os.Executable()
	if err == nil {
		self, _ = filepath.EvalSymlinks(self)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		file, err := exec.LookPath(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		if real, err := filepath.EvalSymlinks(file); err == nil && real != self {
			return file
		}
	}
	return ""
}

// installedInventory is the command line of the installed ansible-inventory, that of the ansible-core that is reproduced if
// it has one, with what a user gave about vaults; nil when there is none.
func (s *session) installedInventory() []string {
	name := filepath.Join(filepath.Dir(s.like.program), "ansible-inventory")
	if info, err := os.Stat(name); s.like.program == "" || err != nil || info.IsDir() {
		name = installedProgram("ansible-inventory")
	}
	if name == "" {
		return nil
	}
	args := []string{name}
	for _, id := range s.req.VaultIDs {
		args = append(args, "--vault-id", id)
	}
	for _, file := range s.req.VaultPasswordFiles {
		args = append(args, "--vault-password-file", file)
	}
	if s.req.AskVaultPass {
		args = append(args, "--ask-vault-pass")
	}
	return args
}

// besideKinds are the folders beside a playbook in which Ansible looks for what an inventory plugin is and uses, with the settings that name more of
// them, and their variables.
var besideKinds = []struct{ folder, setting, env string }{
	{"inventory_plugins", "DEFAULT_INVENTORY_PLUGIN_PATH", "ANSIBLE_INVENTORY_PLUGINS"},
	{"doc_fragments", "DOC_FRAGMENT_PLUGIN_PATH", "ANSIBLE_DOC_FRAGMENT_PLUGINS"},
	{"filter_plugins", "DEFAULT_FILTER_PLUGIN_PATH", "ANSIBLE_FILTER_PLUGINS"},
	{"test_plugins", "DEFAULT_TEST_PLUGIN_PATH", "ANSIBLE_TEST_PLUGINS"},
	{"lookup_plugins", "DEFAULT_LOOKUP_PLUGIN_PATH", "ANSIBLE_LOOKUP_PLUGINS"},
	{"cache_plugins", "DEFAULT_CACHE_PLUGIN_PATH", "ANSIBLE_CACHE_PLUGINS"},
	{"collections", "COLLECTIONS_PATHS", "ANSIBLE_COLLECTIONS_PATH"},
}

// besidePlaybooks are the variables by which the installed ansible-inventory finds what lies beside the playbooks, as ansible-playbook does. Its own
// option for that would have vars plugins run.
func (s *session) besidePlaybooks() []string {
	dirs, _ := s.vars.searched()
	var out []string
	for _, kind := range besideKinds {
		var found []string
		for _, dir := range dirs {
			if isDir(filepath.Join(dir, kind.folder)) {
				found = append(found, filepath.Join(dir, kind.folder))
			}
		}
		if found != nil {
			found = append(found, s.conf.List(kind.setting)...)
			out = append(out, kind.env+"="+strings.Join(found, ":"))
		}
	}
	return out
}

// lacksInventoryPlugin is inventory.Options.Lacking. A collection that is there is for the installed Ansible to look into.
func (s *session) lacksInventoryPlugin(name string) []string {
	said := []string{"Failed to load inventory plugin, skipping " + name}
	dirs, _ := s.vars.searched()
	parts := strings.Split(strings.TrimPrefix(name, "ansible.legacy."), ".")
	switch {
	case len(parts) == 1 && !s.hasInventoryPlugin(dirs, parts[0]), strings.HasPrefix(name, "ansible.builtin."):
		return said
	case len(parts) < 3:
		return nil
	}
	missing := "ansible_collections." + parts[0]
	for _, root := range append(inside(dirs, "collections"), s.collectionPaths()...) {
		if isDir(filepath.Join(root, "ansible_collections", parts[0], parts[1])) || isDir(filepath.Join(root, parts[0], parts[1])) {
			return nil
		}
		if isDir(filepath.Join(root, "ansible_collections", parts[0])) {
			missing = "ansible_collections." + parts[0] + "." + parts[1]
		}
	}
	if s.like.dialect == expr.Tagged {
		said = append([]string{"Error loading plugin '" + name + "': No module named '" + missing + "'"}, said...)
	}
	return said
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// inside are the folders of a name in others.
func inside(dirs []string, name string) []string {
	var out []string
	for _, dir := range dirs {
		out = append(out, filepath.Join(dir, name))
	}
	return out
}

// hasInventoryPlugin says whether there is an inventory plugin of a name, which has no collection, beside the playbooks or in the configured folders.
func (s *session) hasInventoryPlugin(dirs []string, name string) bool {
	places := inside(dirs, "inventory_plugins")
	for _, dir := range s.conf.List("DEFAULT_INVENTORY_PLUGIN_PATH") {
		places = append(places, dir, filepath.Join(dir, "*"))
	}
	return slices.ContainsFunc(places, func(place string) bool {
		found, _ := filepath.Glob(filepath.Join(place, name+".py"))
		return len(found) > 0
	})
}
