package callback

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options are Ansible's settings of what callbacks show, with the command line's part in it.
type Options struct {
	Verbosity int  // number of v's
	Check     bool // --check
	Diff      bool // --diff: shows a result's diff even where the task says diff: no

	Stdout  string   // the callback for the screen: default, minimal, oneline, json, yaml ...
	Enabled []string // the further callbacks: timer, profile_tasks, junit ...
	// Beside, when not nil, is told behind the screen's callback and before the enabled ones.
	Beside Callback

	DisplaySkippedHosts bool
	DisplayOKHosts      bool
	DisplayFailedStderr bool
	ShowCustomStats     bool
	ShowPerHostStart    bool
	CheckModeMarkers    bool
	ShowPathOnFailure   bool
	DisplayArgs         bool // display_args_to_stdout

	ResultFormat  string // json or yaml
	PrettyResults *bool  // nil is Ansible's None

	DiffContext         int
	VerboseToStderr     bool
	DeprecationWarnings bool
	ActionWarnings      bool

	JSONIndent int    // of the json callback
	TaskLimit  int    // rows of profile_tasks; negative is all
	TaskOrder  string // descending, ascending or none
	ForceColor bool   // force_color
	NoColor    bool   // nocolor, NO_COLOR
	Palette    Palette

	JUnit JUnitOptions

	LogPath      string   // log_path, absolute
	NoCows       bool     // nocows
	CowPath      string   // cowpath; empty looks where cowsay is usually installed
	CowSelection string   // cow_selection: a cow's name or "random"
	Cows         []string // cowsay_enabled_stencils: those random chooses from

	// Clock tells the time to the callbacks that measure it; nil is time.Now.
	Clock func() time.Time
}

func (o Options) now() time.Time {
	if o.Clock == nil {
		return time.Now()
	}
	return o.Clock()
}

// DefaultOptions returns Ansible's defaults.
func DefaultOptions() Options {
	return Options{
		Stdout:              "default",
		DisplaySkippedHosts: true,
		DisplayOKHosts:      true,
		ResultFormat:        "json",
		DiffContext:         3,
		DeprecationWarnings: true,
		ActionWarnings:      true,
		JSONIndent:          4,
		TaskLimit:           20,
		TaskOrder:           "descending",
		CowSelection:        "default",
		Cows:                stencils,
		Palette:             DefaultPalette(),
	}
}

// Setting names a setting: its environment variables, of which the last one that is set counts and goes
// before the file, and its place in ansible.cfg.
type Setting struct {
	Env          []string
	Section, Key string
}

// Lookup finds the text of a setting, and says whether it is set. A Setting without Section is one of the
// environment alone.
type Lookup func(Setting) (string, bool)

// EnvLookup looks settings up in the environment alone; getenv is os.LookupEnv or the like.
func EnvLookup(getenv func(string) (string, bool)) Lookup {
	return func(s Setting) (string, bool) {
		text, found := "", false
		for _, name := range s.Env {
			if v, ok := getenv(name); ok {
				text, found = v, true
			}
		}
		return text, found
	}
}

// optionReader is one row of the table of settings.
type optionReader struct {
	setting Setting
	set     func(o *Options, text string) error
}

func flag(field func(*Options) *bool) func(*Options, string) error {
	return func(o *Options, text string) error {
		*field(o) = parseBool(text)
		return nil
	}
}

func number(field func(*Options) *int) func(*Options, string) error {
	return func(o *Options, text string) (err error) {
		*field(o), err = strconv.Atoi(strings.TrimSpace(text))
		return err
	}
}

func word(field func(*Options) *string) func(*Options, string) error {
	return func(o *Options, text string) error {
		*field(o) = text
		return nil
	}
}

func list(field func(*Options) *[]string) func(*Options, string) error {
	return func(o *Options, text string) error {
		*field(o) = nil
		for _, name := range strings.Split(text, ",") {
			*field(o) = append(*field(o), strings.TrimSpace(name))
		}
		return nil
	}
}

// choice takes one of some words; name is what Ansible calls the setting when it refuses another.
func choice(name string, field func(*Options) *string, choices ...string) func(*Options, string) error {
	return func(o *Options, text string) error {
		if !slices.Contains(choices, text) {
			return badChoice(name, text, choices)
		}
		*field(o) = text
		return nil
	}
}

// badChoice is Ansible's error for a value that is none of a setting's choices.
func badChoice(name, got string, choices []string) error {
	text := fmt.Sprintf("Invalid value %q for configuration option %q, valid values are: %s", got, name+" ", strings.Join(choices, ", "))
	return &SettingError{text}
}

// SettingError is a setting that Ansible refuses; its text is Ansible's own.
type SettingError struct{ Text string }

// Error implements error.
func (e *SettingError) Error() string { return e.Text }

var optionTable = []optionReader{
	{Setting{[]string{"ANSIBLE_STDOUT_CALLBACK"}, "defaults", "stdout_callback"}, word(func(o *Options) *string { return &o.Stdout })},
	{Setting{[]string{"ANSIBLE_LOG_PATH"}, "defaults", "log_path"}, word(func(o *Options) *string { return &o.LogPath })},
	{Setting{[]string{"ANSIBLE_NOCOWS"}, "defaults", "nocows"}, flag(func(o *Options) *bool { return &o.NoCows })},
	{Setting{[]string{"ANSIBLE_COW_PATH"}, "defaults", "cowpath"}, word(func(o *Options) *string { return &o.CowPath })},
	{Setting{[]string{"ANSIBLE_COW_SELECTION"}, "defaults", "cow_selection"}, word(func(o *Options) *string { return &o.CowSelection })},
	{Setting{[]string{"ANSIBLE_COW_ACCEPTLIST"}, "defaults", "cowsay_enabled_stencils"}, list(func(o *Options) *[]string { return &o.Cows })},
	{Setting{[]string{"ANSIBLE_CALLBACKS_ENABLED"}, "defaults", "callbacks_enabled"}, list(func(o *Options) *[]string { return &o.Enabled })},
	{Setting{[]string{"ANSIBLE_DISPLAY_SKIPPED_HOSTS"}, "defaults", "display_skipped_hosts"}, flag(func(o *Options) *bool { return &o.DisplaySkippedHosts })},
	{Setting{[]string{"ANSIBLE_DISPLAY_OK_HOSTS"}, "defaults", "display_ok_hosts"}, flag(func(o *Options) *bool { return &o.DisplayOKHosts })},
	{Setting{[]string{"ANSIBLE_DISPLAY_FAILED_STDERR"}, "defaults", "display_failed_stderr"}, flag(func(o *Options) *bool { return &o.DisplayFailedStderr })},
	{Setting{[]string{"ANSIBLE_SHOW_CUSTOM_STATS"}, "defaults", "show_custom_stats"}, flag(func(o *Options) *bool { return &o.ShowCustomStats })},
	{Setting{[]string{"ANSIBLE_SHOW_PER_HOST_START"}, "defaults", "show_per_host_start"}, flag(func(o *Options) *bool { return &o.ShowPerHostStart })},
	{Setting{[]string{"ANSIBLE_CHECK_MODE_MARKERS"}, "defaults", "check_mode_markers"}, flag(func(o *Options) *bool { return &o.CheckModeMarkers })},
	{Setting{[]string{"ANSIBLE_SHOW_TASK_PATH_ON_FAILURE"}, "defaults", "show_task_path_on_failure"}, flag(func(o *Options) *bool { return &o.ShowPathOnFailure })},
	{Setting{[]string{"DISPLAY_ARGS_TO_STDOUT", "ANSIBLE_DISPLAY_ARGS_TO_STDOUT"}, "defaults", "display_args_to_stdout"}, flag(func(o *Options) *bool { return &o.DisplayArgs })},
	{Setting{[]string{"ANSIBLE_CALLBACK_RESULT_FORMAT"}, "defaults", "callback_result_format"}, choice("plugin_type: callback plugin: default setting: result_format", func(o *Options) *string { return &o.ResultFormat }, "json", "yaml")},
	{Setting{[]string{"ANSIBLE_CALLBACK_FORMAT_PRETTY"}, "defaults", "callback_format_pretty"}, readPretty},
	{Setting{[]string{"ANSIBLE_DIFF_CONTEXT"}, "diff", "context"}, number(func(o *Options) *int { return &o.DiffContext })},
	{Setting{[]string{"ANSIBLE_VERBOSE_TO_STDERR"}, "defaults", "verbose_to_stderr"}, flag(func(o *Options) *bool { return &o.VerboseToStderr })},
	{Setting{[]string{"ANSIBLE_DEPRECATION_WARNINGS"}, "defaults", "deprecation_warnings"}, flag(func(o *Options) *bool { return &o.DeprecationWarnings })},
	{Setting{[]string{"ANSIBLE_ACTION_WARNINGS"}, "defaults", "action_warnings"}, flag(func(o *Options) *bool { return &o.ActionWarnings })},
	{Setting{[]string{"ANSIBLE_JSON_INDENT"}, "defaults", "json_indent"}, number(func(o *Options) *int { return &o.JSONIndent })},
	{Setting{[]string{"PROFILE_TASKS_TASK_OUTPUT_LIMIT"}, "callback_profile_tasks", "task_output_limit"}, readTaskLimit},
	{Setting{[]string{"PROFILE_TASKS_SORT_ORDER"}, "callback_profile_tasks", "sort_order"}, choice("plugin_type: callback plugin: profile_tasks setting: sort_order", func(o *Options) *string { return &o.TaskOrder }, "descending", "ascending", "none")},
	{Setting{[]string{"ANSIBLE_FORCE_COLOR"}, "defaults", "force_color"}, flag(func(o *Options) *bool { return &o.ForceColor })},
	{Setting{[]string{"ANSIBLE_NOCOLOR", "NO_COLOR"}, "defaults", "nocolor"}, flag(func(o *Options) *bool { return &o.NoColor })},
}

// ReadOptions lays the settings that are set over the defaults. It fails at the first that it cannot read.
func ReadOptions(get Lookup) (Options, error) {
	o := DefaultOptions()
	for _, row := range optionTable {
		text, ok := get(row.setting)
		if !ok {
			continue
		}
		if err := row.set(&o, text); err != nil {
			return o, err
		}
	}
	for _, key := range ColorKeys() {
		s := Setting{[]string{"ANSIBLE_COLOR_" + strings.ToUpper(key)}, "colors", key}
		if text, ok := get(s); ok {
			if err := o.Palette.Set(key, text); err != nil {
				return o, err
			}
		}
	}
	o.JUnit = readJUnit(get)
	return o, nil
}

func readPretty(o *Options, text string) error {
	b := parseBool(text)
	o.PrettyResults = &b
	return nil
}

func readTaskLimit(o *Options, text string) (err error) {
	if text == "all" {
		o.TaskLimit = -1
		return nil
	}
	o.TaskLimit, err = strconv.Atoi(strings.TrimSpace(text))
	return err
}

// parseBool is Ansible's boolean() in its lenient form: what is not a word for true is false.
func parseBool(text string) bool {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "y", "yes", "on", "1", "true", "t":
		return true
	}
	return false
}
