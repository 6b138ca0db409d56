package link

import (
	"slices"
	"strings"

	"pbc/ir/value"
)

// reservedNames are the keywords of plays, roles, blocks and tasks, and the functions of templates: a
// variable of that name is warned of.
//
// Observed: ansible-core 2.14.
var reservedNames = strings.Fields("action always any_errors_fatal args async async_val become become_exe become_flags become_method become_user block " +
	"changed_when check_mode collections connection debugger delay delegate_facts delegate_to diff environment fact_path failed_when " +
	"force_handlers gather_facts gather_subset gather_timeout handlers hosts ignore_errors ignore_unreachable local_action loop " +
	"loop_control loop_with max_fail_percentage module_defaults name no_log notify order poll port post_tasks pre_tasks register " +
	"remote_user rescue retries roles run_once serial strategy tags tasks throttle timeout until vars_files vars_prompt when with_ " +
	"range dict lipsum cycler joiner namespace lookup query q now undef")

// reserved are the warnings for the variables of a play, without those of hosts, that have a reserved
// name. The caller holds the lock.
func (l *Linker) reserved(number int) []string {
	p := l.prog.Plays[number]
	vars, err := l.playVars(number, "")
	if err != nil { // a file that only a host's variables name
		vars = layer(p, p.Vars)
	}
	all := append(layers{vars, l.opt.Extra}, l.playLayers(number)...)
	var out []string
	for _, name := range reservedNames {
		if slices.ContainsFunc(all, func(d *value.Dict) bool { _, ok := d.GetStr(name); return ok }) {
			out = append(out, "Found variable using reserved name: "+name)
		}
	}
	return out
}
