package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"pbc/compiler/playbook"
	"pbc/ir/expr"
)

// installedProgram finds a program of the installed Ansible, such as "ansible-inventory": that of the ansible-core that is reproduced if
// it has one, else the first of that name on PATH that is not pbc under another name. It returns "" when there is none.
func (c core) installedProgram(name string) string {
	if c.program != "" {
		file := filepath.Join(filepath.Dir(c.program), name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
	}
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

// installedInventory is the command line of the installed ansible-inventory, with what a user gave about vaults; nil when there is none.
func (s *session) installedInventory() []string {
	name := s.like.installedProgram("ansible-inventory")
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

// besideKinds are the folders beside a playbook in which Ansible looks for what an inventory plugin is and uses, with the variables that name more
// of them.
var besideKinds = []struct{ folder, env string }{
	{"inventory_plugins", "ANSIBLE_INVENTORY_PLUGINS"},
	{"doc_fragments", "ANSIBLE_DOC_FRAGMENT_PLUGINS"},
	{"filter_plugins", "ANSIBLE_FILTER_PLUGINS"},
	{"test_plugins", "ANSIBLE_TEST_PLUGINS"},
	{"lookup_plugins", "ANSIBLE_LOOKUP_PLUGINS"},
	{"cache_plugins", "ANSIBLE_CACHE_PLUGINS"},
	{"collections", "ANSIBLE_COLLECTIONS_PATH"},
}

// besidePlaybooks are the variables by which the installed ansible-inventory finds what lies beside the playbooks, as ansible-playbook does. Its own
// option for that would have vars plugins run.
func (s *session) besidePlaybooks() []string {
	dirs, _ := s.vars.searched()
	var out []string
	for _, kind := range besideKinds {
		found := slices.DeleteFunc(inside(dirs, kind.folder), func(dir string) bool { return !isDir(dir) })
		if len(found) > 0 {
			found = append(found, s.conf.List(pluginPaths[kind.folder])...)
			out = append(out, kind.env+"="+strings.Join(found, ":"))
		}
	}
	return out
}

// lacksInventoryPlugin is inventory.Options.Lacking. A collection that is there is for the installed Ansible to look into.
func (s *session) lacksInventoryPlugin(name string) []string {
	said := []string{"Failed to load inventory plugin, skipping " + name}
	dirs, _ := s.vars.searched()
	short := strings.TrimPrefix(name, "ansible.legacy.")
	switch dots := strings.Count(short, "."); {
	case dots == 0 && !s.hasInventoryPlugin(dirs, short), strings.HasPrefix(name, "ansible.builtin."):
		return said
	case dots < 2:
		return nil
	}
	missing := playbook.MissingPackage(short, playbook.CollectionRoots(append(inside(dirs, "collections"), s.collectionPaths()...)), isDir)
	switch {
	case missing == "":
		return nil
	case s.like.dialect == expr.Tagged:
		said = append([]string{"Error loading plugin '" + name + "': No module named '" + missing + "'"}, said...)
	}
	return said
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// hasInventoryPlugin says whether there is an inventory plugin of a name, which has no collection, beside the playbooks or in the configured folders.
func (s *session) hasInventoryPlugin(dirs []string, name string) bool {
	return slices.ContainsFunc(s.pluginFiles("inventory_plugins", dirs), func(file string) bool { return filepath.Base(file) == name+".py" })
}
