package main

import (
	"slices"
	"strings"

	"pbc/compiler/yaml"
	"pbc/conformance/scenario"
)

// unmodified are modules of collections, and of later releases of ansible-core, that playbooks use often and pbc has no own of:
// they run as they are.
var unmodified = map[string]string{
	"deb822_repository":              "of ansible-core 2.15 on",
	"mount_facts":                    "of ansible-core 2.18 on",
	"ansible.posix.acl":              "",
	"ansible.posix.firewalld":        "",
	"ansible.posix.mount":            "",
	"ansible.posix.patch":            "with its action plugin, which Ansible's own process runs",
	"ansible.posix.seboolean":        "",
	"ansible.posix.selinux":          "",
	"ansible.posix.synchronize":      "with its action plugin, which Ansible's own process runs",
	"community.general.alternatives": "",
	"community.general.archive":      "",
	"community.general.locale_gen":   "",
	"community.general.modprobe":     "",
	"community.general.timezone":     "",
	"community.general.ufw":          "",
}

// taskLists are the keys under which plays and blocks keep tasks.
var taskLists = []string{"tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always"}

// modulesOf are the names of modules that the tasks of a scenario are written with, without the collection they are of; so a
// module is found by each name that Ansible has for it.
func modulesOf(s *scenario.Scenario) map[string]bool {
	found := map[string]bool{}
	for _, f := range s.Files {
		if strings.HasSuffix(f.Path, ".yml") {
			docs, _ := yaml.Parse(f.Path, []byte(f.Data)) // some are broken on purpose
			for _, n := range docs {
				addTasks(found, n)
			}
		}
	}
	return found
}

// addTasks adds what the plays, blocks and tasks of a list are written with.
func addTasks(found map[string]bool, list *yaml.Node) {
	if list == nil || list.Kind != yaml.Seq {
		return
	}
	for _, task := range list.Items {
		if task.Kind != yaml.Map {
			continue
		}
		for i, k := range task.Keys {
			name, _ := k.Text()
			if slices.Contains(taskLists, name) {
				addTasks(found, task.Items[i])
				continue
			}
			if task.Get("hosts") == nil { // else a keyword of a play, such as gather_facts
				found[name[strings.LastIndex(name, ".")+1:]] = true
			}
		}
		if text, ok := task.Get("action").Text(); ok {
			name, _, _ := strings.Cut(text, " ")
			found[name[strings.LastIndex(name, ".")+1:]] = true
		}
	}
}
