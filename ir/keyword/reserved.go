package keyword

import "strings"

// ReservedNames are the keywords of plays, roles, blocks and tasks, and the functions of templates, in the order in which
// dialect classic warns of a variable of that name.
//
// Observed: ansible-core 2.14.
var ReservedNames = strings.Fields("action always any_errors_fatal args async async_val become become_exe become_flags become_method become_user block " +
	"changed_when check_mode collections connection debugger delay delegate_facts delegate_to diff environment fact_path failed_when " +
	"force_handlers gather_facts gather_subset gather_timeout handlers hosts ignore_errors ignore_unreachable local_action loop " +
	"loop_control loop_with max_fail_percentage module_defaults name no_log notify order poll port post_tasks pre_tasks register " +
	"remote_user rescue retries roles run_once serial strategy tags tasks throttle timeout until vars_files vars_prompt when with_ " +
	"range dict lipsum cycler joiner namespace lookup query q now undef")

var reserved = func() map[string]bool {
	out := map[string]bool{"omit": true}
	for _, name := range ReservedNames {
		out[name] = name != "gather_subset"
	}
	return out
}()

// Reserved says whether dialect tagged warns of a variable of that name.
//
// Observed: ansible-core 2.19.
func Reserved(name string) bool { return reserved[name] }
