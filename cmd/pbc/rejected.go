package main

import (
	"fmt"
	"os"
	"strings"

	"pbc/compiler/yaml"
	"pbc/ir"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/controller"
)

// rejected are the names of modules and actions that the file of the setting PLUGIN_FILTERS_CFG takes away: tasks that call them so find none.
//
// Observed: scenarios/settings/rejected.txtar.
func (s *session) rejected() ([]string, error) {
	file, given := "/etc/ansible/plugin_filters.yml", s.set("PLUGIN_FILTERS_CFG")
	if given {
		file = s.conf.String("PLUGIN_FILTERS_CFG")
	}
	warn := func(format string, args ...any) {
		s.out.Handle(callback.Warning{Text: fmt.Sprintf(format, args...)})
	}
	data, err := os.ReadFile(file)
	if err != nil {
		if given {
			warn("The plugin filter file, %s does not exist. Skipping.", file)
		}
		return nil, nil
	}
	docs, diags := yaml.Parse(file, data)
	if diags.Stops() || len(docs) == 0 {
		why := ""
		for _, d := range diags.Items {
			why = d.Msg
		}
		warn("The plugin filter file, %s was not parsable. Skipping: %s", file, why)
		return nil, nil
	}
	version := docs[0].Get("filter_version")
	if version == nil {
		warn("The plugin filter file, %s was invalid. Skipping.", file)
		return nil, nil
	}
	if text, _ := value.ToStr(version.ToValue(nil)); strings.TrimSpace(text) != "1.0" {
		warn("The plugin filter file, %s was a version not recognized by this version of Ansible. Skipping.", file)
		return nil, nil
	}
	return s.rejectedNames(file, docs[0], warn)
}

// rejectedNames reads the list of such a file.
func (s *session) rejectedNames(file string, doc *yaml.Node, warn func(string, ...any)) ([]string, error) {
	key, kind := "module_rejectlist", "reject list"
	if !ir.Newer(s.like.version) {
		key, kind = "module_blacklist", "blacklist"
	}
	list := doc.Get(key)
	switch {
	case list == nil && !ir.Newer(s.like.version):
		return nil, &playbookError{msg: controller.Crash("'" + key + "'").Error(), code: 1} // it is read while Ansible is loaded
	case list == nil:
		return nil, controller.Crash("'" + key + "'")
	case list.Kind != yaml.Seq:
		warn("Unable to parse the plugin filter file %s as %s is not a list. Skipping.", file, key)
		return nil, nil
	}
	var out []string
	for _, n := range list.Items {
		name, _ := n.Text()
		if name == "stat" {
			return nil, &playbookError{code: 1, msg: fmt.Sprintf("The stat module was specified in the module %s file, %s, but Ansible will not function without the stat module.  "+
				"Please remove stat from the %s.", kind, file, kind)}
		}
		out = append(out, name)
	}
	return out, nil
}
