package playbook

import (
	"slices"
	"strings"
)

// networkModules are the platforms whose modules share one action plugin, named as what stands before the first underscore of theirs.
//
// Ansible docs: "NETWORK_GROUP_MODULES".
var networkModules = strings.Fields("eos nxos ios iosxr junos enos ce vyos sros dellos9 dellos10 dellos6 asa aruba aireos bigip ironware onyx netconf exos voss slxos")

// Resolve finds the action plugin and the module of a name, each empty when there is none, with the collections of
// the task it stands in. The action plugin that a collection gives its module in plugin_routing stands before one of the module's own
// name, that of a network platform after it. The error is Ansible's message about a plugin that was removed.
func (l *Loader) Resolve(name string, collections []string) (action, module Plugin, err error) {
	if action, err = l.catalog.find(actionKind, name, collections); err != nil {
		return action, module, err
	}
	if module, err = l.catalog.find(moduleKind, name, collections); err != nil {
		return action, module, err
	}
	if given := l.catalog.actionGiven(module.FQCN); given != "" {
		action, err = l.catalog.find(actionKind, given, nil)
		return action, module, err
	}
	if platform := networkAction(name); action.FQCN == "" && platform != "" {
		action, err = l.catalog.find(actionKind, platform, collections)
	}
	return action, module, err
}

// actionGiven is the action plugin that the collection of a module gives it, "" mostly.
func (c *catalog) actionGiven(module string) string {
	parts := strings.SplitN(module, ".", 3)
	if len(parts) < 3 || parts[0] == "ansible" {
		return ""
	}
	entry := c.collection(parts[0] + "." + parts[1]).meta.Get("plugin_routing").Get(routingKey[moduleKind]).Get(parts[2])
	if !isMap(entry) {
		return ""
	}
	action, _ := entry.Get("action_plugin").Text()
	return action
}

// networkAction is the action plugin of the network platform that the name of a module begins with, "" for other modules.
func networkAction(name string) string {
	coll, short := "", name
	if i := strings.LastIndex(name, "."); i >= 0 {
		coll, short = name[:i+1], name[i+1:]
	}
	platform, _, _ := strings.Cut(short, "_")
	if !slices.Contains(networkModules, platform) {
		return ""
	}
	return coll + platform
}
