package config

import (
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"pbc/ir/value"
)

// Type says how the text of a setting is read.
type Type uint8

// The types of settings, and the Go types of their values.
const (
	String   Type = iota // string
	Bool                 // bool; what is no true word is false
	Int                  // int
	Float                // float64
	List                 // []string, separated by commas
	Path                 // string: absolute; relative to the file that sets it
	PathSpec             // []string of paths, separated by colons
	PathList             // []string of paths, separated by commas
	Mapping              // []string, each "key=value"; only defaults have this type
)

// Unset is the default of a Bool that has none: nil, where others are false.
var Unset = unset{}

type unset struct{}

// Setting is a row of the table of settings.
type Setting struct {
	Name string // Ansible's name, or "plugin.option"
	// Since and Until are the first and the last ansible-core that has the row, such as "2.15"; "" is any. A setting whose default
	// has changed has a row for each.
	Since, Until string
	Type         Type
	// Default is the value when nothing sets it, nil for none. "{home}" stands for ANSIBLE_HOME.
	Default    any
	Env        string  // environment variables, the last one wins
	Ini        string  // "section.key" of ansible.cfg, the last one wins
	Choices    string  // the values allowed, "" for any
	Deprecated *Notice // nil for none
	Doc        string
}

// Notice is what Ansible says of a setting that it will not have for long.
type Notice struct {
	Why, Instead string // Instead may be ""
	Version      string // the ansible-core that lacks it
	Since        string // the ansible-core that says so first, "" for any
}

// Error is a fault in the configuration. Ansible prints "ERROR: " before it and exits with 5.
type Error struct{ Msg string }

func (e *Error) Error() string { return e.Msg }

// Deprecation is a setting in use that a later Ansible lacks.
type Deprecation struct{ Msg, Version string }

// GroupVars is the plugin that reads the variables of groups and hosts.
const GroupVars = "host_group_vars"

// Fault is what is wrong with a setting of a plugin: "ssh" connects, "sh" is the shell of every host, GroupVars ends every run.
type Fault struct{ Plugin, Msg, Help string }

// Config is the settings of a run.
type Config struct {
	// File is the ansible.cfg in use, "" for none.
	File string
	// Warnings are about the way the file was found.
	Warnings     []string
	Deprecations []Deprecation
	// Faults are in settings of plugins: a run meets them with the tasks that such a plugin serves.
	Faults  []Fault
	values  map[string]any
	origins map[string]string
	file    iniFile
	core    string
}

// Env looks an environment variable up: os.LookupEnv.
type Env func(name string) (string, bool)

// Settings is the table of the settings of an ansible-core, such as "2.19.1". With "" it is the whole table.
func Settings(core string) []Setting {
	all := slices.Concat(coreSettings, otherSettings, pluginSettings)
	if core == "" {
		return all
	}
	return slices.DeleteFunc(all, func(s Setting) bool { return !within(core, s.Since, s.Until) })
}

// Load finds ansible.cfg and reads all settings as that ansible-core does. The error is an *Error.
func Load(env Env, core string) (*Config, error) {
	c := &Config{values: map[string]any{}, origins: map[string]string{}, core: core}
	c.find(env)
	file, err := c.readFile()
	if err != nil {
		return nil, &Error{err.Error()}
	}
	c.file = file
	for _, s := range Settings(core) {
		if err := c.resolve(s, env, file); err != nil && !c.meetsLater(s, err) {
			return nil, &Error{err.Error()}
		}
	}
	if err := c.checkLog(); err != nil {
		return nil, err
	}
	c.checkTemps()
	for _, s := range Settings("") { // what other ansible-cores have is at its default
		if _, has := c.origins[s.Name]; !has {
			c.origins[s.Name], c.values[s.Name] = "default", c.defaultValue(s)
		}
	}
	return c, nil
}

// meetsLater notes what is wrong with a setting of the plugin that connects by ssh, or of that for group_vars. The port of ssh, and how
// long it may take, Ansible knows from elsewhere; in dialect tagged nobody looks at that of group_vars.
func (c *Config) meetsLater(s Setting, err error) bool {
	plugin, option, _ := strings.Cut(s.Name, ".")
	if plugin != "ssh" && plugin != GroupVars {
		return false
	}
	c.origins[s.Name], c.values[s.Name] = "default", c.defaultValue(s)
	switch {
	case plugin == GroupVars && !c.Tagged():
		c.Faults = append(c.Faults, Fault{Plugin: plugin, Msg: err.Error()})
	case plugin == "ssh" && option != "port" && option != "timeout":
		msg, valid, choices := strings.Cut(err.Error(), " Valid values are: ")
		f := Fault{Plugin: "ssh", Msg: msg}
		if choices {
			f.Help = "Valid values are: " + valid
		}
		c.Faults = append(c.Faults, f)
	}
	return true
}

// checkLog refuses a folder as the log, as Ansible did before 2.18 where it may write there.
func (c *Config) checkLog() error {
	path := c.String("DEFAULT_LOG_PATH")
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() || c.Since("2.18") {
		return nil
	}
	if unix.Access(path, unix.W_OK) != nil && unix.Access(filepath.Dir(path), unix.W_OK) != nil {
		return nil // it is told of, and nothing is logged
	}
	return &Error{"[Errno 21] Is a directory: " + value.StrRepr(path)}
}

// checkTemps holds the temporary folders of hosts to being absolute.
func (c *Config) checkTemps() {
	dirs := c.List("sh.system_tmpdirs")
	if slices.ContainsFunc(dirs, func(dir string) bool { return !filepath.IsAbs(dir) }) {
		c.Faults = append(c.Faults, Fault{Plugin: "sh", Msg: "The configured system_tmpdirs contains a relative path: " + listRepr(dirs) + ". All system_tmpdirs must be absolute"})
	}
}

// systemFile is the ansible.cfg of all users, which counts where there is no other. Tests put theirs in its place.
var systemFile = "/etc/ansible/ansible.cfg"

// find looks for ansible.cfg where Ansible does: ANSIBLE_CONFIG, the working folder unless all the world
// may write there, the home folder, /etc/ansible.
func (c *Config) find(env Env) {
	var paths []string
	fromEnv, public := "", ""
	if v, ok := env("ANSIBLE_CONFIG"); ok {
		fromEnv = Unfrack(v, "")
		if info, err := os.Stat(fromEnv); err == nil && info.IsDir() {
			fromEnv = filepath.Join(fromEnv, "ansible.cfg")
		}
		paths = append(paths, fromEnv)
	}
	if cwd, err := os.Getwd(); err == nil {
		file := filepath.Join(cwd, "ansible.cfg")
		info, err := os.Stat(cwd)
		switch {
		case err != nil:
		case info.Mode()&0o002 == 0:
			paths = append(paths, file)
		default:
			if _, err := os.Stat(file); err == nil {
				public = cwd
			}
		}
	}
	paths = append(paths, Unfrack("~/.ansible.cfg", ""), systemFile)
	for _, p := range paths {
		if f, err := os.Open(p); err == nil {
			_ = f.Close()
			c.File = p
			break
		}
	}
	if public != "" && (fromEnv == "" || fromEnv != c.File) {
		c.Warnings = append(c.Warnings, "Ansible is being run in a world writable directory ("+public+"), ignoring it as an ansible.cfg source."+
			" For more information see https://docs.ansible.com/ansible/devel/reference_appendices/config.html#cfg-in-world-writable-dir")
	}
}

func (c *Config) readFile() (iniFile, error) {
	if c.File == "" {
		return nil, nil
	}
	switch ext := extension(c.File); ext {
	case ".ini", ".cfg":
	case ".yaml", ".yml":
		return nil, errors.New("Unsupported configuration file type: yaml")
	default:
		text := "Unsupported configuration file extension for " + c.File + ": " + ext
		if c.Tagged() {
			text = strings.TrimSpace(text)
		}
		return nil, errors.New(text)
	}
	b, err := os.ReadFile(c.File)
	if errors.Is(err, syscall.EISDIR) {
		return nil, errors.New("[Errno 21] Is a directory: b" + value.StrRepr(c.File))
	}
	if err != nil {
		return nil, err
	}
	f, err := parseINI(string(b))
	if err != nil {
		return nil, fmt.Errorf("Error reading config file (%s): %w", c.File, err)
	}
	return f, nil
}

// extension is what Python's splitext takes for the end of a name: the points that a name begins with are none.
func extension(path string) string {
	return filepath.Ext(strings.TrimLeft(filepath.Base(path), "."))
}

// source is the text that sets a setting, and where it is.
func (c *Config) source(s Setting, env Env, file iniFile) (text, origin string, ok bool) {
	for _, name := range strings.Fields(s.Env) {
		if v, set := env(name); set && c.knows(name) {
			text, origin, ok = v, "env: "+name, true
			c.deprecate(name, formerNames[name])
		}
	}
	if ok {
		return text, origin, true
	}
	for _, name := range strings.Fields(s.Ini) {
		section, key, _ := strings.Cut(name, ".")
		if v, set := file.get(section, key); set && c.knows(name) {
			text, origin, ok = v, c.File, true
			c.deprecate("["+section+"]"+key, formerNames[name])
		}
	}
	return text, origin, ok
}

func (c *Config) resolve(s Setting, env Env, file iniFile) error {
	text, origin, ok := c.source(s, env, file)
	if !ok {
		c.origins[s.Name] = "default"
		c.values[s.Name] = c.defaultValue(s)
		return nil
	}
	v, err := c.parse(s.Type, text, origin)
	if err != nil && text == "" && strings.HasPrefix(origin, "env: ") {
		c.origins[s.Name] = "default"
		c.values[s.Name] = c.defaultValue(s)
		return nil
	}
	if err != nil {
		return c.badType(s, text, origin, err)
	}
	if !allows(c.choices(s), v) {
		return c.badChoice(s, v)
	}
	c.origins[s.Name], c.values[s.Name] = origin, v
	c.deprecate(s.Name, s.Deprecated)
	return nil
}

// entry is how Ansible's errors name a setting.
func entry(name string) string {
	if plugin, option, ok := strings.Cut(name, "."); ok {
		return "plugin_type: " + pluginTypes[plugin] + " plugin: " + plugin + " setting: " + option
	}
	return "setting: " + name
}

var pluginTypes = map[string]string{"ssh": "connection", "callback": "callback", "sh": "shell", "sudo": "become", "su": "become", "script": "inventory", "constructed": "inventory", GroupVars: "vars", "doas": "become"}

// colours are the names of colours, in the order in which Ansible lists them. From 2.18 on a colour may be any text.
var colours = []string{"black", "bright gray", "blue", "white", "green", "bright blue", "cyan", "bright green", "red", "bright cyan", "purple",
	"bright red", "yellow", "bright purple", "dark gray", "bright yellow", "magenta", "bright magenta", "normal"}

// choices are the values that a setting may have, none for any.
func (c *Config) choices(s Setting) []string {
	if strings.HasPrefix(s.Name, "COLOR_") && !within(c.core, "2.18", "") {
		return colours
	}
	return strings.Fields(s.Choices)
}

// allows says whether a value is one of the choices.
func allows(allowed []string, v any) bool {
	values, ok := v.([]string)
	if !ok {
		values = []string{fmt.Sprint(v)}
	}
	return len(allowed) == 0 || !slices.ContainsFunc(values, func(x string) bool { return !slices.Contains(allowed, x) })
}

// badChoice is the error of a value that is none of the choices.
func (c *Config) badChoice(s Setting, v any) error {
	shown, repr := fmt.Sprint(v), value.StrRepr(fmt.Sprint(v))
	if list, ok := v.([]string); ok {
		shown = listRepr(list)
		repr = shown
	}
	choices := strings.Join(c.choices(s), ", ")
	if within(c.core, "2.19", "") {
		return fmt.Errorf("Invalid value %s for config %s. Valid values are: %s", repr, label(s.Name), choices)
	}
	return fmt.Errorf("Invalid value \"%s\" for configuration option \"%s \", valid values are: %s", shown, entry(s.Name), choices)
}

// listRepr is how Python shows a list of texts.
func listRepr(list []string) string {
	var items []string
	for _, x := range list {
		items = append(items, value.StrRepr(x))
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// badType is the error of a text that is none of the type of a setting.
func (c *Config) badType(s Setting, text, origin string, err error) error {
	if within(c.core, "2.19", "") {
		kind := map[Type]string{Int: "integer", Float: "float"}[s.Type]
		if shortInts[s.Name] {
			kind = "int"
		}
		return fmt.Errorf("Config %s from '%s' has an invalid value: Invalid value provided for '%s': %s", label(s.Name), origin, kind, value.StrRepr(text))
	}
	return fmt.Errorf("Invalid type for configuration option %s (from %s): %w", entry(s.Name), origin, err)
}

// shortInts are the settings whose type Ansible's own table calls int, where that of others is integer: errors repeat the word.
var shortInts = map[string]bool{
	"GALAXY_SERVER_TIMEOUT": true, "LOG_VERBOSITY": true, "MAX_FILE_SIZE_FOR_DIFF": true, "PERSISTENT_COMMAND_TIMEOUT": true, "SSH_AGENT_KEY_LIFETIME": true,
}

// label is how the errors of newer ansible-cores name a setting.
func label(name string) string {
	if plugin, option, ok := strings.Cut(name, "."); ok {
		return fmt.Sprintf("'%s' for '%s' %s plugin", option, plugin, pluginTypes[plugin])
	}
	return "'" + name + "'"
}

func (c *Config) defaultValue(s Setting) any {
	home, _ := c.values["ANSIBLE_HOME"].(string)
	text, isText := s.Default.(string)
	switch {
	case s.Default == Unset:
		return nil
	case s.Default == nil:
		return zero(s.Type)
	case isText && s.Type != String:
		v, err := parse(s.Type, strings.ReplaceAll(text, "{home}", home), "")
		if err != nil {
			panic(fmt.Sprintf("default of %s: %v", s.Name, err))
		}
		return v
	}
	return s.Default
}

// zero is the value of a setting that has none: nothing, but false for a bool.
func zero(t Type) any {
	if t == Bool {
		return false
	}
	return nil
}

// parse reads the text that sets a setting. In dialect tagged an integer may be written as a fraction, and what comes from a variable
// keeps its quotes.
func (c *Config) parse(t Type, text, origin string) (any, error) {
	base := ""
	if origin == c.File {
		base = filepath.Dir(c.File)
	}
	switch {
	case c.Tagged() && t == String && strings.HasPrefix(origin, "env: "):
		return text, nil
	case c.Tagged() && t == Int && fraction.MatchString(strings.TrimSpace(text)):
		if r, ok := new(big.Rat).SetString(strings.TrimSpace(text)); ok && r.IsInt() && r.Num().IsInt64() {
			return int(r.Num().Int64()), nil
		}
	}
	return parse(t, text, base)
}

// fraction is a number with a point or an exponent.
var fraction = regexp.MustCompile(`^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$`)

// parse reads the text of a setting.
func parse(t Type, text, base string) (any, error) {
	switch t {
	case Bool:
		return isTrue(text), nil
	case Int:
		n, err := strconv.Atoi(strings.ReplaceAll(strings.TrimSpace(text), "_", ""))
		if err != nil {
			return nil, fmt.Errorf("invalid literal for int() with base 10: %s", value.StrRepr(text))
		}
		return n, nil
	case Float:
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, fmt.Errorf("could not convert string to float: %s", value.StrRepr(text))
		}
		return f, nil
	case List, Mapping:
		return split(text, ",", unquote), nil
	case Path:
		return resolvePath(text, base), nil
	case PathSpec:
		return splitRaw(text, ":", func(s string) string { return resolvePath(s, base) }), nil
	case PathList:
		return split(text, ",", func(s string) string { return resolvePath(s, base) }), nil
	}
	return unquote(text), nil
}

func split(text, sep string, each func(string) string) []string {
	return splitRaw(text, sep, func(s string) string { return each(strings.TrimSpace(s)) })
}

func splitRaw(text, sep string, each func(string) string) []string {
	parts := strings.Split(text, sep)
	for i := range parts {
		parts[i] = each(parts[i])
	}
	return parts
}

// isTrue is Ansible's boolean(): the words that are true, in any case.
func isTrue(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes", "on", "1", "true", "t":
		return true
	}
	return false
}

// unquote takes quotes off that are around the whole text.
func unquote(s string) string {
	if len(s) > 1 && s[0] == s[len(s)-1] && (s[0] == '"' || s[0] == '\'') && s[len(s)-2] != '\\' {
		return s[1 : len(s)-1]
	}
	return s
}

func resolvePath(path, base string) string {
	if strings.Contains(path, "{{CWD}}") {
		cwd, _ := os.Getwd()
		path = strings.ReplaceAll(path, "{{CWD}}", cwd)
	}
	return Unfrack(path, base)
}

// Since says whether the settings are those of an ansible-core from that release on.
func (c *Config) Since(core string) bool { return within(c.core, core, "") }

// Tagged says whether the settings are those of an ansible-core of dialect tagged.
func (c *Config) Tagged() bool { return within(c.core, "2.19", "") }

// Origin says what sets a setting: "default", "env: NAME" or the path of ansible.cfg.
func (c *Config) Origin(name string) string { return c.origins[name] }

// Value is the value of a setting, nil when it has none and no default. It panics on a name that is not
// in the table.
func (c *Config) Value(name string) any {
	if _, ok := c.origins[name]; !ok {
		panic("no setting " + name)
	}
	return c.values[name]
}

// String is the value of a String or Path, "" for none.
func (c *Config) String(name string) string {
	s, _ := c.Value(name).(string)
	return s
}

// Bool is the value of a Bool.
func (c *Config) Bool(name string) bool {
	b, _ := c.Value(name).(bool)
	return b
}

// Int is the value of an Int, 0 for none.
func (c *Config) Int(name string) int {
	n, _ := c.Value(name).(int)
	return n
}

// List is the value of a List, PathSpec or PathList, nil for none.
func (c *Config) List(name string) []string {
	l, _ := c.Value(name).([]string)
	return l
}

// Changed are the settings that a file or the environment sets, in the order of the table.
func (c *Config) Changed() []Setting {
	var changed []Setting
	for _, s := range Settings(c.core) {
		if c.origins[s.Name] != "default" {
			changed = append(changed, s)
		}
	}
	return changed
}

// Ini is the text of a key of ansible.cfg, and whether it is there: for plugins that keep a table of
// their own.
func (c *Config) Ini(section, key string) (string, bool) { return c.file.get(section, key) }
