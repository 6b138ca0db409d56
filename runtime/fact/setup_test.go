package fact

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/module"
)

const badSubset = "Bad subset 'bogus' given to Ansible. gather_subset options allowed: all, all_ipv4_addresses, " +
	"all_ipv6_addresses, apparmor, architecture, caps, chroot, cmdline, date_time, default_ipv4, default_ipv6, " +
	"devices, distribution, distribution_major_version, distribution_release, distribution_version, dns, " +
	"effective_group_ids, effective_user_id, env, facter, fibre_channel_wwn, fips, hardware, interfaces, is_chroot, " +
	"iscsi, kernel, kernel_version, loadavg, local, lsb, machine, machine_id, mounts, network, nvme, ohai, os_family, " +
	"pkg_mgr, platform, processor, processor_cores, processor_count, python, python_version, real_user_id, selinux, " +
	"service_mgr, ssh_host_key_dsa_public, ssh_host_key_ecdsa_public, ssh_host_key_ed25519_public, " +
	"ssh_host_key_rsa_public, ssh_host_pub_keys, ssh_pub_keys, system, system_capabilities, " +
	"system_capabilities_enforced, user, user_dir, user_gecos, user_gid, user_id, user_shell, user_uid, virtual, " +
	"virtualization_role, virtualization_tech_guest, virtualization_tech_host, virtualization_type"

// TestSetup checks what the module returns beside facts. Observed: ansible localhost -m setup.
func TestSetup(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	write("good.fact", `{"a": 1}`, 0o644)
	write("bad.fact", "garbage", 0o644)
	broken := t.TempDir()
	script := filepath.Join(broken, "noshebang.fact")
	if err := os.WriteFile(script, []byte("echo 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	shown := func(subset, filter value.Value, timeout int64, path string) *value.Dict {
		return value.DictOf("module_args", value.DictOf("gather_subset", subset, "gather_timeout", timeout,
			"filter", filter, "fact_path", path))
	}
	list := value.NewList
	why := "error loading facts as JSON or ini - please check content: " + dir + "/bad.fact"
	tests := []struct {
		name       string
		args, want *value.Dict
	}{
		{"no facts at all", value.DictOf("gather_subset", "!all,!min"), value.DictOf(
			"ansible_facts", value.DictOf("gather_subset", list("!all", "!min"), "module_setup", true),
			"changed", false, "invocation", shown(list("!all", "!min"), list(), 10, DefaultPath))},
		{"a filter hides the meta facts too", value.DictOf("gather_subset", "!all,!min,fips", "filter", list("fi[a-p]s"),
			"gather_timeout", "3"), value.DictOf("ansible_facts", value.DictOf("ansible_fips", false), "changed", false,
			"invocation", shown(list("!all", "!min", "fips"), list("fi[a-p]s"), 3, DefaultPath))},
		{"unknown subset", value.DictOf("gather_subset", "!all,bogus"), value.DictOf("failed", true, "changed", false,
			"msg", badSubset, "invocation", shown(list("!all", "bogus"), list(), 10, DefaultPath))},
		{"a local fact that cannot be read is a warning", value.DictOf("gather_subset", "!all,!min,local",
			"filter", "local", "fact_path", dir), value.DictOf("ansible_facts", value.DictOf("ansible_local",
			value.DictOf("bad", why, "good", value.DictOf("a", int64(1)))), "changed", false, "warnings", list(why),
			"invocation", shown(list("!all", "!min", "local"), list("local"), 10, dir))},
		{"a local fact that cannot be run fails", value.DictOf("gather_subset", "!all,!min,local",
			"fact_path", broken), value.DictOf("failed", true, "changed", false, "rc", int64(8), "cmd", script,
			"msg", "[Errno 8] Exec format error: b'"+script+"'", "stdout", "", "stderr", "", "stdout_lines", list(),
			"stderr_lines", list(), "invocation", shown(list("!all", "!min", "local"), list(), 10, broken))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := Setup.Run(context.Background(), &module.Call{Name: "setup", Args: tt.args})
			if d := cmp.Diff(plain(tt.want), plain(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestSubsets(t *testing.T) {
	min := strings.Join(minNames(), " ")
	tests := []struct{ name, spec, want string }{
		{"min alone", "!all", min},
		{"nothing", "!all,!min", ""},
		{"order does not matter", "network,!all,!min", "platform distribution network"},
		{"needs come along", "!all,!min,pkg_mgr", "distribution pkg_mgr"},
		{"a fact stands for its collector", "!all,!min,mounts", "platform hardware"},
		{"excluding a fact leaves its collector", "!min,!mounts,!all,hardware", "platform hardware"},
		{"what is named stays", "!all,!min,!hardware,devices", "platform hardware"},
		{"unknown names may be excluded", "!all,!min,!bogus,fips", "fips"},
		{"min is added", "fips", min},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := selectCollectors(collectorsOf(expr.Classic, "Linux"), strings.Split(tt.spec, ","))
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range got {
				names = append(names, c.name)
			}
			if d := cmp.Diff(strings.Fields(tt.want), names, cmp.Transformer("empty", func(s []string) string {
				return strings.Join(s, " ")
			})); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestFnmatch(t *testing.T) {
	tests := []struct {
		s, pattern string
		want       bool
	}{
		{"ansible_eth0", "ansible_eth[0-2]", true}, {"ansible_eth3", "ansible_eth[0-2]", false},
		{"ansible_eth3", "ansible_eth[!0-2]", true}, {"a/b", "a*b", true}, {"ab", "a?b", false},
		{"[x", "[x", true}, {"]", "[]]", true}, {"a", "[!]]", true}, {"-", "[a-]", true}, {"é", "?", true},
		{"", "*", true}, {"x", "", false}, {"ansible_memtotal_mb", "*_mb", true}, {"A", "a", false},
	}
	for _, tt := range tests {
		t.Run(tt.s+" "+tt.pattern, func(t *testing.T) {
			if got := fnmatch(tt.s, tt.pattern); got != tt.want {
				t.Errorf("fnmatch(%q, %q) = %v", tt.s, tt.pattern, got)
			}
		})
	}
}

// TestKnown holds Known and the collectors together: what a collector makes here is known.
func TestKnown(t *testing.T) {
	g, err := Gather(context.Background(), Here(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	known := Known()
	list, _ := g.Facts.GetStr("ansible_interfaces")
	for _, k := range g.Facts.K {
		name, ours := strings.CutPrefix(k.(string), "ansible_")
		own := list != nil && slices.ContainsFunc(list.(*value.List).V, func(i value.Value) bool {
			return strings.ReplaceAll(i.(string), "-", "_") == name
		})
		if ours && !own && !slices.Contains(known, name) {
			t.Errorf("the fact %s is not in Known", name)
		}
	}
	for fact, want := range map[string]string{"os_family": "distribution", "memtotal_mb": "hardware", "eth0": "network"} {
		if got := SubsetOf(fact); got != want {
			t.Errorf("SubsetOf(%s) = %s, want %s", fact, got, want)
		}
	}
}

// TestZones compares zone names with those of Python's time.tzname[1], observed in November 2026.
func TestZones(t *testing.T) {
	for zone, want := range map[string]string{"Asia/Kolkata": "IST", "Europe/Berlin": "CEST", "Australia/Sydney": "AEDT",
		"America/Sao_Paulo": "-03", "Africa/Casablanca": "+01", "Europe/Dublin": "IST", "Asia/Tokyo": "JST", "UTC": "UTC"} {
		t.Run(zone, func(t *testing.T) {
			loc, err := time.LoadLocation(zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := summerZone(time.Date(2026, 11, 22, 12, 0, 0, 0, loc)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// fuzzIfconfig reads what may stand for the answers of ifconfig, route and sysctl.
func fuzzIfconfig(s string) {
	for _, system := range []string{"FreeBSD", "Darwin"} {
		sys := &System{Uname: &Uname{System: system}, Exec: func(context.Context, []string, []string) Output { return Output{Stdout: s} }}
		p := &probe{gathering: &gathering{sys: sys, ctx: context.Background()}, job: &job{}}
		c := &ifconfig{probe: p, interfaces: value.NewDict(), now: value.NewDict(), all4: value.NewList(), all6: value.NewList()}
		for _, l := range splitLines(s) {
			_ = c.line(l)
		}
		c.describe(c.defaultRoute("route"), "ipv4")
		_ = p.sysctlTable("hw")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"[a]\nx=%(y)s\ny=1\n", `{"a": [1, 2.5e3, "\u00e9"]}`, "A=\"b\\\"c\" # d\nE='f'", "x (y) 1.2 esaeler",
		"en0: flags=3<UP> mtu 1\n\tinet 1.2.3.4 netmask 0xff000000\n\tmedia: autoselect (none)\n\tinet6 ::1/128\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		_, _ = parseINI(s)
		_, _ = value.ParseJSON([]byte(s))
		_, _ = parseOSRelease(s)
		_, _ = splitQuoted(s)
		parseRelease(s)
		fnmatch("ansible_x", s)
		unescapeOctal(s)
		fuzzIfconfig(s)
	})
}
