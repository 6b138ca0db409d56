package main

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"pbc/compiler/config"
	"pbc/compiler/inventory/listing"
	"pbc/ir/expr"
	"pbc/ir/value"
	"pbc/runtime/callback"
	"pbc/runtime/module/posix"
)

// runConfig is ansible-config. Plugins have settings of their own; those are the installed ansible-config's to tell.
func runConfig(r *toolRun) error {
	if t := r.parsed.Text("type"); t != "" && t != "base" {
		return r.installedConfig(t)
	}
	conf := r.conf
	if file := r.parsed.Text("config_file"); file != "" {
		var err error
		if conf, err = r.otherConfig(config.Unfrack(file, "")); err != nil {
			return err
		}
	}
	if own := r.tool.Prog == "pbc config"; !own && r.like.ansible && slices.Contains([]string{"list", "init"}, r.parsed.Action) {
		return r.installedConfig("base") // which has Ansible's descriptions
	}
	switch r.parsed.Action {
	case "list":
		return r.settingsList()
	case "dump":
		return r.settingsDump(conf)
	case "init":
		return r.settingsInit()
	case "validate":
		return r.installedConfig("base")
	}
	if conf.File == "" {
		return fmt.Errorf("Invalid or no config file was supplied")
	}
	b, err := os.ReadFile(conf.File)
	if err != nil {
		return fmt.Errorf("Failed to open config file: %s", posix.PyError(err, conf.File))
	}
	r.page(string(b))
	return nil
}

// otherConfig are the settings with another file.
func (r *toolRun) otherConfig(path string) (*config.Config, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, &optionsError{"The provided configuration file is missing or not accessible: " + path}
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() { // which ANSIBLE_CONFIG may be, and --config not
		return nil, &optionsError{fmt.Sprintf("Unsupported configuration file extension for %s: %s", path, filepath.Ext(path))}
	}
	conf, err := config.Load(withConfig(path), r.like.version)
	if err != nil {
		return nil, &optionsError{err.Error()}
	}
	return conf, nil
}

// withConfig is the environment with another ANSIBLE_CONFIG.
func withConfig(file string) config.Env {
	return func(name string) (string, bool) {
		if name == "ANSIBLE_CONFIG" {
			return file, true
		}
		return os.LookupEnv(name)
	}
}

// installedConfig has the installed ansible-config answer for plugins. What -v says has been said.
func (r *toolRun) installedConfig(kind string) error {
	name := r.like.installedProgram("ansible-config")
	if name == "" {
		return fmt.Errorf("unsupported: --type %s, for no ansible-config is installed that could be asked", kind)
	}
	cmd := exec.Command(name, r.parsed.Quiet()...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); cmd.ProcessState == nil {
		return err
	}
	if code := cmd.ProcessState.ExitCode(); code != 0 {
		return exitCode(code)
	}
	return nil
}

// own are the settings of the ansible-core itself, sorted by name.
func (r *toolRun) own() []config.Setting {
	var out []config.Setting
	for _, s := range config.Settings(r.like.version) {
		if !strings.Contains(s.Name, ".") {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b config.Setting) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// settingsDump is ansible-config dump. As "pbc config" it also tells what pbc does not honour.
func (r *toolRun) settingsDump(conf *config.Config) error {
	if len(conf.List("GALAXY_SERVER_LIST")) > 0 && r.newer() { // which have settings of their own
		return r.installedConfig("base")
	}
	var file value.Value
	if conf.File != "" {
		file = conf.File
	}
	rows := []dumped{{"CONFIG_FILE", "", file, ""}}
	for _, s := range r.own() {
		note := ""
		if r.tool.Prog == "pbc config" {
			note = unlikeAnsible(s)
		}
		v := settingValue(conf, s)
		if s.Name == "DEFAULT_LOCAL_TMP" {
			v = localTmp(conf)
		}
		rows = append(rows, dumped{s.Name, conf.Origin(s.Name), v, note})
	}
	slices.SortStableFunc(rows, func(a, b dumped) int { return cmp.Compare(a.name, b.name) })
	if r.parsed.On("only_changed") {
		rows = slices.DeleteFunc(rows, func(d dumped) bool { return d.origin == "default" })
	}
	return r.showDump(rows)
}

// unlikeAnsible is the remark on a setting that pbc does not honour, "" for others.
func unlikeAnsible(s config.Setting) string {
	if effect, what := s.Effect(); effect == config.Unhonoured {
		return "    # not honoured by pbc: " + what
	}
	return ""
}

// newer says whether the tool is that of ansible-core 2.19, which tells of Galaxy's servers.
func (r *toolRun) newer() bool { return r.like.dialect == expr.Tagged }

type dumped struct {
	name, origin string
	value        value.Value
	note         string
}

func (r *toolRun) showDump(rows []dumped) error {
	format := firstOf(r.parsed.Text("format"), "display")
	newer := r.newer()
	var lines []string
	list := &value.List{}
	for _, d := range rows {
		shown, err := value.ToStr(d.value)
		if err != nil {
			return err
		}
		color := callback.ColorChanged
		if d.origin == "default" {
			color = callback.ColorOK
		}
		lines = append(lines, r.screen.Paint(fmt.Sprintf("%s(%s) = %s", d.name, d.origin, shown), color)+d.note)
		entry := value.DictOf("name", d.name, "origin", d.origin, "type", nil, "value", d.value)
		if newer {
			entry.Del("type")
		}
		list.V = append(list.V, entry)
	}
	if newer {
		lines = append(lines, "\nGALAXY_SERVERS:\n")
		list.V = append(list.V, value.DictOf("GALAXY_SERVERS", value.NewDict()))
	}
	switch format {
	case "json":
		return r.pageJSON(list)
	case "yaml":
		text, err := listing.YAML(list)
		r.page(text)
		return err
	}
	r.page(strings.Join(lines, "\n"))
	return nil
}

func (r *toolRun) pageJSON(v value.Value) error {
	text, err := listing.JSON(v, r.like.dialect == expr.Tagged)
	r.page(text)
	return err
}

// tuples are the settings whose default was a tuple before 2.19.
var tuples = map[string]bool{"INVENTORY_IGNORE_EXTS": true, "MODULE_IGNORE_EXTS": true}

// settingValue is the value of a setting as Python has it.
func settingValue(conf *config.Config, s config.Setting) value.Value {
	v := conf.Value(s.Name)
	list, ok := v.([]string)
	switch {
	case ok && s.Type == config.Mapping:
		d := value.NewDict()
		for _, pair := range list {
			k, x, _ := strings.Cut(pair, "=")
			d.SetStr(k, x)
		}
		return d
	case ok && tuples[s.Name] && conf.Origin(s.Name) == "default" && !conf.Tagged():
		return value.Tuple(textList(list).V)
	case ok:
		return textList(list)
	}
	if n, ok := v.(int); ok {
		return int64(n)
	}
	return v
}

// typeWords are Ansible's names of the types of settings.
var typeWords = map[config.Type]string{config.Bool: "boolean", config.Int: "integer", config.Float: "float", config.List: "list", config.Path: "path",
	config.PathSpec: "pathspec", config.PathList: "pathlist", config.Mapping: "dict"}

// settingsList is ansible-config list: what settings there are. The descriptions are pbc's.
func (r *toolRun) settingsList() error {
	out := value.NewDict()
	for _, s := range r.own() {
		d := value.DictOf("default", settingDefault(s), "description", s.Doc)
		if s.Env != "" {
			l := &value.List{}
			for _, name := range strings.Fields(s.Env) {
				l.V = append(l.V, value.DictOf("name", name))
			}
			d.SetStr("env", l)
		}
		if s.Ini != "" {
			l := &value.List{}
			for _, place := range strings.Fields(s.Ini) {
				section, key, _ := strings.Cut(place, ".")
				l.V = append(l.V, value.DictOf("key", key, "section", section))
			}
			d.SetStr("ini", l)
		}
		if s.Choices != "" {
			d.SetStr("choices", textList(strings.Fields(s.Choices)))
		}
		d.SetStr("type", firstOf(typeWords[s.Type], "string"))
		out.SetStr(s.Name, d)
	}
	if r.parsed.Text("format") == "json" {
		return r.pageJSON(out)
	}
	text, err := listing.YAML(out)
	r.page(text)
	return err
}

// settingDefault is the default of a setting as it would be written.
func settingDefault(s config.Setting) value.Value {
	switch x := s.Default.(type) {
	case nil:
		if s.Type == config.Bool {
			return false
		}
	case string:
		return strings.ReplaceAll(x, "{home}", "~/.ansible")
	case []string:
		return textList(x)
	case bool, float64:
		return x
	case int:
		return int64(x)
	}
	return nil
}

// written is a default as text: in ansible.cfg, or for the shell.
func written(s config.Setting, shell bool) string {
	switch x := settingDefault(s).(type) {
	case nil:
		return ""
	case bool:
		if shell {
			return map[bool]string{true: "1", false: "0"}[x]
		}
		return map[bool]string{true: "True", false: "False"}[x]
	case *value.List:
		var items []string
		for _, e := range x.V {
			t, _ := value.Text(e)
			items = append(items, t)
		}
		return quotedIf(shell, strings.Join(items, ", "))
	default:
		t, _ := value.ToStr(x)
		return quotedIf(shell, t)
	}
}

func quotedIf(shell bool, text string) string {
	if !shell || text != "" && !strings.ContainsAny(text, " \t\n\"'$`\\;&|<>()*?[]{}~#!") {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'"'"'`) + "'"
}

// settingsInit is ansible-config init: a file with all settings at their defaults.
func (r *toolRun) settingsInit() error {
	switch format := r.parsed.Text("format"); format {
	case "env":
		r.page(r.initEnv())
	case "vars":
		return r.installedConfig("base")
	default:
		r.page(r.initFile())
	}
	return nil
}

func (r *toolRun) initEnv() string {
	mark := ""
	if r.parsed.On("commented") {
		mark = "#"
	}
	var lines []string
	for _, s := range r.own() {
		vars := strings.Fields(s.Env)
		if len(vars) == 0 || strings.HasPrefix(vars[len(vars)-1], "_ANSIBLE_") {
			continue
		}
		lines = append(lines, fmt.Sprintf("# (%s) %s", firstOf(typeWords[s.Type], "string"), s.Doc), mark+vars[len(vars)-1]+"="+written(s, true), "")
	}
	return strings.Join(lines, "\n")
}

func (r *toolRun) initFile() string {
	mark := ""
	if r.parsed.On("commented") {
		mark = ";"
	}
	var sections []string
	entries := map[string][]string{}
	for _, s := range r.own() {
		places := strings.Fields(s.Ini)
		if len(places) == 0 {
			continue
		}
		section, key, _ := strings.Cut(places[len(places)-1], ".")
		if entries[section] == nil {
			sections = append(sections, section)
		}
		entries[section] = append(entries[section], fmt.Sprintf("# (%s) %s\n%s%s=%s\n", firstOf(typeWords[s.Type], "string"), s.Doc, mark, key, written(s, false)))
	}
	var b strings.Builder
	for _, section := range sections {
		b.WriteString("[" + section + "]\n" + strings.Join(entries[section], "\n") + "\n\n")
	}
	return b.String()
}
