package fact

// lacking are facts that Ansible's setup gathers on systems for which pbc has no collector of them.
//
// Observed: the fact collectors of ansible-core 2.14 for AIX, HP-UX and SunOS.
var lacking = []string{
	"firmware_version", "lpar_info", "swap_allocated_mb", "swap_reserved_mb", "vgs",
}

// Lacking returns the names, without prefix and sorted, of the facts that Ansible gathers on some system and
// pbc on none. A playbook that reads one is refused: it must not find the fact undefined.
func Lacking() []string { return lacking }
