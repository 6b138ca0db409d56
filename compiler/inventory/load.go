package inventory

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"pbc/compiler/config"
	"pbc/compiler/diag"
	"pbc/compiler/files"
	"pbc/ir"
	"pbc/ir/failure"
	"pbc/ir/value"
)

// UnsupportedError reports a source that Ansible could read and pbc cannot.
type UnsupportedError struct{ Source, What string }

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("inventory source %s: %s", e.Source, e.What)
}

// plugin reads one kind of source.
type plugin struct {
	wants func(inv *Inventory, source string) bool
	// parse reads a source; name is what the plugin was asked for by.
	parse func(inv *Inventory, source, name string) error
}

var plugins map[string]plugin

func init() {
	plugins = map[string]plugin{
		"host_list":          {wantsList, named((*Inventory).parseList)},
		"advanced_host_list": {wantsList, named((*Inventory).parseRanges)},
		"script":             {wantsScript, named((*Inventory).parseScript)},
		"auto":               {wantsExt(".yml", ".yaml"), named((*Inventory).parseAuto)},
		"yaml":               {wantsYAML, named((*Inventory).parseYAML)},
		"ini":                {wantsINI, named((*Inventory).parseINI)},
		"toml":               {wantsExt(".toml"), named((*Inventory).parseTOML)},
		"constructed":        {wantsConfig, (*Inventory).parseConstructed},
		"generator":          {wantsConfig, (*Inventory).parseGenerator},
	}
}

// named is a plugin that does not care what it is called.
func named(parse func(*Inventory, string) error) func(*Inventory, string, string) error {
	return func(inv *Inventory, source, _ string) error { return parse(inv, source) }
}

// PluginNames returns the names of the inventory plugins that are known, sorted.
func PluginNames() []string { return slices.Sorted(maps.Keys(plugins)) }

var (
	defaultEnabled    = []string{"host_list", "script", "auto", "yaml", "ini", "toml"}
	defaultIgnored    = []string{".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".ini", ".cfg", ".retry"}
	defaultExtensions = []string{".yml", ".yaml", ".json"}
)

// Load reads the sources. A source that cannot be read is warned of; the settings can make it an error.
func Load(o Options) (*Inventory, error) {
	if o.Disk == nil {
		o.Disk = files.OS{}
	}
	if o.Enabled == nil {
		o.Enabled = defaultEnabled
	}
	if o.IgnoreExtensions == nil {
		o.IgnoreExtensions = defaultIgnored
	}
	if o.FileExtensions == nil {
		o.FileExtensions = defaultExtensions
	}
	inv := newInventory(o)
	return inv, inv.load()
}

// Refresh reads the sources and the variable files again, as meta: refresh_inventory does. What the run added is
// added again.
func (inv *Inventory) Refresh() error {
	limit, generation, added := inv.limit, inv.generation, inv.added
	*inv = *newInventory(inv.opts)
	inv.limit, inv.generation = limit, generation+1
	for _, g := range inv.groupOrder {
		g.inv = inv
	}
	if err := inv.load(); err != nil {
		return err
	}
	for _, add := range added {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

func (inv *Inventory) load() error {
	o := inv.opts
	ignored, err := ignoredNames(o)
	if err != nil {
		return err
	}
	parsed := false
	for _, source := range o.Sources {
		if source == "" {
			continue
		}
		if !strings.Contains(source, ",") {
			source = config.Unfrack(source, "")
		}
		ok, err := inv.read(source, ignored)
		if err != nil {
			return err
		}
		parsed = parsed || ok
	}
	switch {
	case parsed:
		inv.reconcile()
	case o.UnparsedFails:
		return errors.New("No inventory was parsed, please check your configuration and options.")
	case !o.NoUnparsedWarning:
		inv.warn("No inventory was parsed, only implicit localhost is available")
	}
	return inv.varsAtStart()
}

// ignoredNames matches the names in a folder of sources that are no sources.
func ignoredNames(o Options) (*regexp.Regexp, error) {
	parts := []string{`^\.`, `^host_vars$`, `^group_vars$`, `^vars_plugins$`}
	parts = append(parts, o.IgnorePatterns...)
	for _, ext := range o.IgnoreExtensions {
		parts = append(parts, regexp.QuoteMeta(ext)+"$")
	}
	return regexp.Compile(strings.Join(parts, "|"))
}

// read reads a source, or every source in a folder, and says whether one could be.
func (inv *Inventory) read(source string, ignored *regexp.Regexp) (parsed bool, err error) {
	info, err := os.Stat(source)
	if err != nil || !info.IsDir() {
		return inv.readOne(source)
	}
	entries, err := os.ReadDir(source)
	if err != nil {
		return false, err
	}
	for _, e := range entries {
		if ignored.MatchString(e.Name()) {
			continue
		}
		ok, err := inv.read(filepath.Join(source, e.Name()), ignored)
		if err != nil {
			return false, err
		}
		parsed = parsed || ok
	}
	if !parsed {
		return false, inv.unparsed(source)
	}
	return true, nil
}

type refusal struct {
	plugin string
	err    error
}

// readOne offers a source to the plugins until one can read it.
func (inv *Inventory) readOne(source string) (bool, error) {
	inv.source = source
	defer func() { inv.source = "" }()
	inv.verbose(4, "setting up inventory plugins")
	enabled, err := inv.enabled()
	if err != nil {
		return false, err
	}
	var failures []refusal
	for _, name := range enabled {
		err := inv.try(name, source)
		name = fullName(name)
		var unsupported *UnsupportedError
		var missing *missingPlugin
		switch {
		case err == nil:
			inv.verbose(3, "Parsed %s inventory source with %s plugin", source, name)
			inv.processed = append(inv.processed, source)
			return true, nil
		case errors.Is(err, errDeclined):
			inv.verbose(3, "%s declined parsing %s as it did not pass its verify_file() method", name, source)
		case errors.As(err, &missing):
			inv.warn("%s", missing.msg)
		case errors.As(err, &unsupported):
			return false, err
		default:
			failures = append(failures, refusal{name, err})
		}
	}
	if source == "/etc/ansible/hosts" {
		if _, err := os.Stat(source); err != nil {
			return false, nil
		}
	}
	for _, f := range failures {
		inv.tell(source, f.plugin, f.err)
	}
	return false, inv.unparsed(source)
}

// enabled are the plugins that are enabled and there, as far as that is known without Ansible.
func (inv *Inventory) enabled() ([]string, error) {
	var out []string
	for _, name := range inv.opts.Enabled {
		if _, own := plugins[ir.Short(name)]; !own && inv.opts.Lacking != nil {
			if said := inv.opts.Lacking(name); said != nil {
				for _, text := range said {
					inv.warn("%s", text)
				}
				continue
			}
		}
		out = append(out, name)
	}
	if out == nil {
		return nil, errors.New("No inventory plugins available to generate inventory, make sure you have at least one enabled.")
	}
	return out, nil
}

// try reads a source by one plugin.
func (inv *Inventory) try(name, source string) error {
	p, ok := plugins[ir.Short(name)]
	switch {
	case !ok:
		return inv.parseForeign(source, name)
	case !p.wants(inv, source):
		return errDeclined
	case inv.opts.Broken != nil && name != "auto":
		return inv.opts.Broken
	}
	return p.parse(inv, source, name)
}

func (inv *Inventory) unparsed(source string) error {
	if inv.opts.AnyUnparsedFails {
		return fmt.Errorf("Completely failed to parse inventory source %s", source)
	}
	inv.warn("Unable to parse %s as an inventory source", source)
	return nil
}

// readable says whether a source is a file that may be read.
func (inv *Inventory) readable(source string) bool {
	f, err := os.Open(source)
	if err != nil {
		inv.verbose(4, "Skipping due to inventory source not existing or not being readable by the current user")
		return false
	}
	_ = f.Close()
	return true
}

func wantsExt(exts ...string) func(*Inventory, string) bool {
	return func(inv *Inventory, source string) bool {
		for _, e := range exts {
			if strings.HasSuffix(source, e) {
				return inv.readable(source)
			}
		}
		return false
	}
}

func wantsList(_ *Inventory, source string) bool {
	_, err := os.Stat(source)
	return err != nil && strings.Contains(source, ",")
}

// parseList reads a list of hosts such as "a,b,c".
func (inv *Inventory) parseList(source string) error {
	for _, item := range strings.Split(source, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		host, port, err := parseAddress(item, false)
		if err != nil {
			inv.verbose(3, "Unable to parse address from hostname, leaving unchanged: %s", err)
			host, port = item, ""
		}
		if inv.hosts[host] == nil {
			if _, err := inv.addHost(host, inv.groups["ungrouped"], port); err != nil {
				return fmt.Errorf("Invalid data from string, could not parse: %w", err)
			}
		}
	}
	return nil
}

// parseRanges reads a list of hosts with ranges such as "a[1:9],b".
func (inv *Inventory) parseRanges(source string) error {
	for _, item := range strings.Split(source, ",") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		hosts, port, err := expandPattern(item)
		if err != nil {
			inv.verbose(3, "Unable to parse address from hostname, leaving unchanged: %s", err)
			hosts, port = []string{item}, ""
		}
		for _, host := range hosts {
			if inv.hosts[host] != nil {
				continue
			}
			if _, err := inv.addHost(host, inv.groups["ungrouped"], port); err != nil {
				return fmt.Errorf("Invalid data from string, could not parse: %w", err)
			}
		}
	}
	return nil
}

// readFile is the content of a file, decrypted when it is a vault.
func (inv *Inventory) readFile(file string) (data []byte, secret bool, err error) {
	data, secret, err = inv.files.read(inv.opts.Disk, file, inv.opts.Vault)
	var errno *os.PathError
	switch {
	case err == nil || !inv.tagged():
	case errors.Is(err, os.ErrNotExist):
		err = &fault{diag.NotFound(file)}
	case errors.As(err, &errno):
		cause := failure.New(startError(err, file))
		err = &fault{failure.Failure{Msg: "An error occurred while trying to read the file " + value.StrRepr(file) + "."}.Because(cause)}
	}
	return data, secret, err
}
