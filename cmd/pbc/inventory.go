package main

import (
	"fmt"
	"os"
	"strings"

	"pbc/compiler/inventory"
	"pbc/compiler/inventory/listing"
	"pbc/ir/expr"
	"pbc/ir/failure"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/module/posix"
)

// checkInventory looks for the one action of ansible-inventory.
func checkInventory(r *toolRun) error {
	used := 0
	for _, dest := range []string{"list", "host", "graph"} {
		if r.parsed.Text(dest) != "" {
			used++
		}
	}
	switch {
	case used == 0:
		return &optionsError{"No action selected, at least one of --host, --graph or --list needs to be specified."}
	case used > 1:
		return &optionsError{"Conflicting options used, only one of --host, --graph or --list can be used at the same time."}
	}
	return nil
}

// listInventory is ansible-inventory.
func listInventory(r *toolRun) error {
	p := r.parsed
	if err := r.secrets(); err != nil {
		return err
	}
	r.facts = r.factCache()
	dir := firstOf(p.File("basedir"), r.conf.String("PLAYBOOK_DIR"))
	if info, err := os.Stat(dir); dir != "" && (err != nil || !info.IsDir()) {
		r.warn("Ignoring invalid path provided to plugin path: '" + dir + "' is not a directory")
	}
	if dir != "" {
		r.vars.dirs = []string{dir}
	}
	o := r.inventoryOptions(dir)
	o.Listing = true
	defer r.vars.close()
	inv, err := inventory.Load(o)
	if err != nil {
		return err
	}
	if !p.Given("host") {
		if err := inv.SetLimit(p.Text("subset")); err != nil {
			return err
		}
	}
	show := listing.Listing{Inventory: inv, Export: p.On("export") || r.conf.Bool("INVENTORY_EXPORT"), Extra: r.extra,
		Merge: r.conf.String("DEFAULT_HASH_BEHAVIOUR") == "merge", Tagged: r.like.dialect == expr.Tagged,
		Warn: func(f *failure.Failure) { r.out.Handle(callback.Warning{Text: f.Msg, Chain: f}) }}
	if dir == "" {
		show.Cwd = "." // as plugins get to see it
	}
	show.Open = func(cipher []byte) ([]byte, error) { return r.keys.Decrypt(cipher, "") }
	if r.facts != nil {
		show.Facts = r.facts.Load
	}
	text, err := r.listing(show)
	if err != nil {
		return err
	}
	if text == "" {
		return exitCode(1) // a TOML document of nothing: Ansible takes it for no action at all
	}
	file := p.Text("output_file")
	if file == "" {
		r.say(text)
		return nil
	}
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		fault := strings.Replace(posix.PyError(err, file), ": '", ": b'", 1)
		if r.like.dialect == expr.Tagged {
			return fmt.Errorf("Unable to write to destination file %s: %s", value.StrRepr(file), fault)
		}
		return fmt.Errorf("Unable to write to destination file (%s): %s", file, fault)
	}
	return nil
}

// listing is what was asked for.
func (r *toolRun) listing(l listing.Listing) (string, error) {
	p := r.parsed
	var d *value.Dict
	var err error
	switch {
	case p.Given("graph"):
		group := "all"
		if len(p.Operands) > 0 && p.Operands[0] != "" {
			group = p.Operands[0]
		}
		text, err := l.Graph(group, p.On("show_vars"))
		if err != nil && l.Inventory.Group(group) == nil {
			err = &optionsError{err.Error()}
		}
		return text, err
	case p.Given("host"):
		if d, err = l.Host(p.Text("host")); err != nil {
			err = &optionsError{err.Error()}
		}
	case p.On("yaml"):
		d, err = l.Tree()
	case p.On("toml"):
		d, err = l.Tables()
	default:
		d, err = l.Script()
	}
	if err != nil {
		return "", err
	}
	return r.formatted(d)
}

func (r *toolRun) formatted(d *value.Dict) (string, error) {
	switch {
	case r.parsed.On("yaml"):
		return listing.YAML(d)
	case r.parsed.On("toml"):
		return listing.TOML(d)
	}
	if r.parsed.Given("host") && r.like.dialect == expr.Tagged { // only lists tell what is unsafe
		return listing.PlainJSON(d)
	}
	text, err := listing.JSON(d, r.like.dialect == expr.Tagged)
	if err != nil && text != "" {
		r.warn(err.Error())
		err = nil
	}
	return text, err
}
