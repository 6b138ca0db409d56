package link

import (
	"slices"
	"strings"

	"pbc/ir"
	"pbc/ir/expr"
	"pbc/ir/failure"
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
func (l *Linker) reserved(number int) []*failure.Failure {
	p := l.prog.Plays[number]
	vars, err := l.playVars(number, "")
	if err != nil { // a file that only a host's variables name
		vars = layer(p, p.Vars)
	}
	all := append(layers{vars, l.opt.Extra}, l.playLayers(number)...)
	if l.opt.Dialect == expr.Tagged {
		return taggedReserved(p, all)
	}
	var out []*failure.Failure
	for _, name := range reservedNames {
		if slices.ContainsFunc(all, func(d *value.Dict) bool { _, ok := d.GetStr(name); return ok }) {
			out = append(out, failure.New("Found variable using reserved name: "+name))
		}
	}
	return out
}

// taggedReserved are the warnings of dialect tagged: in the order of the variables, with the place of those of the play.
func taggedReserved(p *ir.Play, all layers) []*failure.Failure {
	var out []*failure.Failure
	seen := map[string]bool{}
	for _, d := range all {
		if d == nil {
			continue
		}
		for _, k := range d.K {
			name, _ := value.Text(k)
			if seen[name] || name == "gather_subset" || !slices.Contains(reservedNames, name) {
				continue
			}
			seen[name] = true
			f := &failure.Failure{Msg: "Found variable using reserved name " + value.StrRepr(name) + "."}
			if at, ok := p.VarPlaces[name]; ok {
				f.At = &value.Origin{File: p.Path, Line: at[0], Col: at[1]}
			} else {
				f.Shown = name
			}
			out = append(out, f)
		}
	}
	return out
}
