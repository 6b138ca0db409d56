package fact

import (
	"slices"
	"strings"

	"pbc/ir/expr"
	"pbc/ir/value"
)

// collector gathers the facts of one subject.
type collector struct {
	name string
	// ids are the facts by which gather_subset may name the collector too.
	ids []string
	// more are the other facts it makes; interfaces and the like have names of their own.
	more []string
	// needs are the collectors whose facts it reads.
	needs []string
	// prefix goes before the names of its facts; empty means "ansible_".
	prefix  string
	min     bool // one of the subset min
	tagged  bool // of dialect tagged only
	collect func(*probe) (*value.Dict, error)
}

func (c *collector) factPrefix() string {
	if c.prefix == "" {
		return "ansible_"
	}
	return c.prefix
}

// collectors is the table of all collectors, in the order in which their facts are put together.
var collectors = []*collector{
	{name: "platform", min: true, collect: platformFacts,
		ids:  []string{"system", "kernel", "kernel_version", "machine", "python_version", "architecture", "machine_id"},
		more: []string{"fqdn", "hostname", "nodename", "domain", "userspace_bits", "userspace_architecture"}},
	{name: "distribution", min: true, collect: distributionFacts,
		ids: []string{"distribution_version", "distribution_release", "distribution_major_version", "os_family"},
		more: []string{"distribution", "distribution_minor_version", "distribution_file_path",
			"distribution_file_variety", "distribution_file_parsed", "distribution_file_search_string"}},
	{name: "lsb", min: true, collect: lsbFacts, more: []string{"lsb"}},
	{name: "selinux", min: true, collect: selinuxFacts, more: []string{"selinux", "selinux_python_present"}},
	{name: "apparmor", min: true, collect: apparmorFacts, more: []string{"apparmor"}},
	{name: "chroot", collect: chrootFacts, ids: []string{"is_chroot"}},
	{name: "fips", min: true, collect: fipsFacts, more: []string{"fips"}},
	{name: "python", min: true, collect: pythonFacts, more: []string{"python"}},
	{name: "caps", min: true, collect: capsFacts,
		ids: []string{"system_capabilities", "system_capabilities_enforced"}},
	{name: "pkg_mgr", min: true, collect: pkgMgrFacts, needs: []string{"distribution"}, more: []string{"pkg_mgr"}},
	{name: "service_mgr", min: true, collect: serviceMgrFacts, needs: []string{"platform", "distribution"},
		more: []string{"service_mgr"}},
	{name: "cmdline", min: true, collect: cmdlineFacts, more: []string{"cmdline", "proc_cmdline"}},
	{name: "date_time", min: true, collect: dateTimeFacts, more: []string{"date_time"}},
	{name: "env", min: true, collect: envFacts, more: []string{"env"}},
	{name: "loadavg", collect: loadavgFacts, more: []string{"loadavg"}},
	{name: "ssh_pub_keys", min: true, collect: sshKeyFacts,
		ids: []string{"ssh_host_pub_keys", "ssh_host_key_dsa_public", "ssh_host_key_rsa_public",
			"ssh_host_key_ecdsa_public", "ssh_host_key_ed25519_public"},
		more: []string{"ssh_host_key_dsa_public_keytype", "ssh_host_key_rsa_public_keytype",
			"ssh_host_key_ecdsa_public_keytype", "ssh_host_key_ed25519_public_keytype"}},
	{name: "user", min: true, collect: userFacts,
		ids: []string{"user_id", "user_uid", "user_gid", "user_gecos", "user_dir", "user_shell",
			"real_user_id", "effective_user_id", "effective_group_ids"},
		more: []string{"real_group_id", "effective_group_id"}},
	{name: "virtual", collect: virtualFacts,
		ids: []string{"virtualization_type", "virtualization_role", "virtualization_tech_guest",
			"virtualization_tech_host"}},
	{name: "hardware", collect: hardwareFacts, needs: []string{"platform"},
		ids: []string{"processor", "processor_cores", "processor_count", "mounts", "devices"},
		more: []string{"flags", "processor_nproc", "processor_threads_per_core", "processor_vcpus", "memory_mb",
			"memfree_mb", "memtotal_mb", "model", "osrevision", "osversion", "swapfree_mb", "swaptotal_mb", "device_links", "uptime_seconds", "lvm",
			"bios_date", "bios_vendor", "bios_version", "board_asset_tag", "board_name", "board_serial",
			"board_vendor", "board_version", "chassis_asset_tag", "chassis_serial", "chassis_vendor",
			"chassis_version", "form_factor", "product_name", "product_serial", "product_uuid",
			"product_version", "system_vendor"}},
	{name: "dns", min: true, collect: dnsFacts, more: []string{"dns"}},
	{name: "fibre_channel_wwn", collect: fcWwnFacts, more: []string{"fibre_channel_wwn"}},
	{name: "network", collect: networkFacts, needs: []string{"platform", "distribution"},
		ids:  []string{"interfaces", "default_ipv4", "default_ipv6", "all_ipv4_addresses", "all_ipv6_addresses"},
		more: []string{"locally_reachable_ips"}},
	{name: "iscsi", collect: iscsiFacts, more: []string{"iscsi_iqn"}},
	{name: "nvme", collect: nvmeFacts, more: []string{"hostnqn"}},
	{name: "local", min: true, collect: localFacts, more: []string{"local"}},
	{name: "systemd", tagged: true, collect: systemdFacts, more: []string{"systemd"}},
	{name: "facter", prefix: "facter_", collect: facterFacts},
	{name: "ohai", prefix: "ohai_", collect: ohaiFacts},
}

// collectorsOf are the collectors of a dialect on a system, as uname calls it. Those of parts and interfaces read
// what others know on Linux only.
func collectorsOf(d expr.Dialect, system string) []*collector {
	var r []*collector
	for _, c := range collectors {
		if c.tagged && d != expr.Tagged {
			continue
		}
		if system != "Linux" && (c.name == "hardware" || c.name == "network") {
			alone := *c
			alone.needs = nil
			c = &alone
		}
		r = append(r, c)
	}
	return r
}

// notFacts are the names of subsets that no fact has.
var notFacts = []string{"ssh_host_pub_keys", "effective_group_ids"}

// Known returns the names, without prefix and sorted, of the facts whose names do not depend on the
// host. Interfaces have facts of their names too, with "-", "." and ":" as the network collector
// writes them, and facter and ohai, where installed, have theirs under other prefixes.
func Known() []string {
	var r []string
	for _, c := range collectors {
		for _, n := range slices.Concat(c.ids, c.more) {
			if !slices.Contains(notFacts, n) {
				r = append(r, n)
			}
		}
	}
	slices.Sort(r)
	return slices.Compact(r)
}

// SubsetOf returns the gather_subset that makes the fact, named without prefix. An unknown name is
// that of an interface if of anything, so it gives "network"; names of other tools begin with theirs.
func SubsetOf(name string) string {
	for _, c := range collectors {
		if c.prefix != "" && strings.HasPrefix(name, c.prefix) {
			return c.name
		}
	}
	for _, c := range collectors {
		if slices.Contains(c.more, name) || slices.Contains(c.ids, name) {
			return c.name
		}
	}
	return "network"
}
