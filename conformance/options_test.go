package conformance

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pbc/compiler/cli"
	"pbc/compiler/config"
	"pbc/compiler/inventory"
	"pbc/conformance/oracle"
	"pbc/conformance/scenario"
)

// describeTool are the programs beside ansible-playbook.
var describeTool = map[string]func(called, examples string) *cli.Tool{
	"ansible-config": cli.ConfigTool, "ansible-inventory": cli.InventoryTool, "ansible-vault": cli.VaultTool,
}

// TestEveryOptionHasAScenario holds the scenarios to the tables of options: each option of ansible-playbook, of the tools and of their
// subcommands is used, under each of its spellings, by a scenario that agrees with the oracle of each dialect that has it.
func TestEveryOptionHasAScenario(t *testing.T) {
	for dialect, version := range map[string]string{"classic": "2.14.18", "tagged": "2.19.14"} {
		conf, err := config.Load(func(string) (string, bool) { return "", false }, version)
		if err != nil {
			t.Fatal(err)
		}
		used := optionsUsed(agreedScenarios(t, dialect), dialect, conf)
		for _, spelling := range spellings(dialect) {
			if !used[spelling] {
				t.Errorf("dialect %s: no scenario uses %s", dialect, spelling)
			}
		}
	}
}

// TestEveryInventoryFormHasAScenario holds the scenarios to the table of inventory plugins: in each dialect the oracle says of each that
// it has read a source.
func TestEveryInventoryFormHasAScenario(t *testing.T) {
	for _, dialect := range []string{"classic", "tagged"} {
		recordings := oracle.Recordings{Dir: "../testdata/recordings", Dialect: dialect}
		var told strings.Builder
		for _, s := range agreedScenarios(t, dialect) {
			if s.Machine != "" || s.Area() != "inventory" {
				continue
			}
			out, err := recordings.Load(s)
			if err != nil {
				t.Fatal(err)
			}
			for _, run := range out.Runs {
				told.WriteString(run.Stdout)
			}
		}
		for _, name := range inventory.PluginNames() {
			if !strings.Contains(told.String(), "inventory source with "+name+" plugin\n") {
				t.Errorf("dialect %s: no scenario has a source that %s reads, with -vvv", dialect, name)
			}
		}
	}
}

// agreedScenarios are those that are listed as agreeing in a dialect.
func agreedScenarios(t *testing.T, dialect string) []*scenario.Scenario {
	all, err := scenario.LoadAll("scenarios")
	if err != nil {
		t.Fatal(err)
	}
	listed := readAgreed(t, agreedFile(dialect))
	return slices.DeleteFunc(all, func(s *scenario.Scenario) bool { return !listed[s.Name] })
}

// spellings are all options, such as "ansible-vault edit --output"; a subcommand without one is there as well.
func spellings(dialect string) []string {
	var out []string
	add := func(program string, options []cli.Option) {
		for _, o := range options {
			for _, s := range o.Strings {
				out = append(out, program+" "+s)
			}
		}
	}
	add("ansible-playbook", cli.Options(dialect == "tagged"))
	for program := range describeTool {
		tool := toolOf(program, dialect)
		add(program, tool.Options())
		for _, sub := range tool.Actions() {
			out = append(out, program+" "+sub.Action)
			add(program+" "+sub.Action, sub.Options())
		}
	}
	slices.Sort(out)
	return out
}

func toolOf(program, dialect string) *cli.Tool {
	tool := describeTool[program](program, "")
	if dialect == "tagged" {
		return tool.Newer()
	}
	return tool
}

// optionsUsed are the options that the scenarios' command lines use, as spellings has them; a line that is refused uses none.
func optionsUsed(all []*scenario.Scenario, dialect string, conf *config.Config) map[string]bool {
	used := map[string]bool{}
	for _, s := range all {
		for _, run := range s.Runs {
			program, args := scenario.Command(run)
			for _, option := range optionsOf(program, args, dialect, conf) {
				used[strings.TrimSpace(program+" "+option)] = true
			}
		}
	}
	return used
}

// optionsOf are the options of a command line, behind the subcommand where there is one. One that asks for help or for the
// version has what it asks with.
func optionsOf(program string, args []string, dialect string, conf *config.Config) []string {
	if program == "ansible-playbook" {
		line, err := cli.ParsePlaybook(args, conf, cli.Terminal{Tagged: dialect == "tagged"})
		if err != nil {
			return asked(args, err)
		}
		return line.Spelled()
	}
	line, err := toolOf(program, dialect).Parse(args, conf, cli.Terminal{})
	if err != nil {
		return asked(args, err)
	}
	if line.Action == "" {
		return line.Spelled()
	}
	out := []string{line.Action}
	for _, option := range line.Spelled() {
		out = append(out, line.Action+" "+option)
	}
	return append(out, args[:slices.Index(args, line.Action)]...)
}

// asked are the options of a line that wants help or the version: "-h", and "view -h" behind a subcommand.
func asked(args []string, err error) []string {
	var exit *cli.Exit
	if !errors.As(err, &exit) || exit.Code != 0 {
		return nil
	}
	return []string{strings.Join(args, " ")}
}
