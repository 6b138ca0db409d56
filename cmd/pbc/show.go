package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"
	"github.com/spf13/cobra"

	"pbc/internal/executor"
	"pbc/ir"
	"pbc/ir/value"
)

func showCommand() *cobra.Command {
	var f sourceFlags
	var where string
	c := &cobra.Command{
		Use:   "show PLAN | show PLAYBOOK...",
		Short: "print a plan, or what playbooks compile to, as assembly",
		Long: `Show prints the program: its plays with their roles, layers of variables and scopes, the instructions with their
addresses and jumps, and of each task the module, name, place, effect (inner: touches variables only; local: touches its
own host only; open: may be seen by other hosts; exact: concerns all hosts of the play), register, conditions, and
whether hosts wait for each other there (barrier), and why, and what pbc does not run itself (Python), and why. What an inventory adds is not known here: a variable whose
text calls a lookup, and hosts that are one machine, for which what is local is a barrier, too. Values of variables are
not printed.

With --where only the tasks are printed for which an expression of expr-lang.org is true. It sees

  task.module task.action task.name task.file task.line task.role task.tags task.register task.effect
  task.become task.handler task.loop task.when task.notify
  task.args task.vars   by name: arguments, and variables that the playbook gives to the task; templates as written
  play.name play.hosts play.file play.line play.index`,
		Example: `  pbc show plan.bin
  pbc show site.yml
  pbc show plan.bin --where 'task.module == "ansible.builtin.copy" && task.become'
  pbc show plan.bin --where '"web" in play.hosts and task.effect == "open"'
  pbc show plan.bin --where 'task.args.mode == "0777" or "http_port" in task.vars'`,
		Args: wantPlaybooks,
		RunE: func(c *cobra.Command, args []string) error {
			o := ir.TextOptions{}
			var check *vm.Program
			if where != "" {
				var err error
				if check, err = compileWhere(where); err != nil {
					return err
				}
			}
			p, err := f.program(args)
			if err != nil {
				return err
			}
			effects := judged(p)
			o.Effect = func(play int, t *ir.Task) (class, why string, waits bool) {
				e, waits := effects(play, t)
				return e.Class.String(), e.Why, waits
			}
			var failed error
			if check != nil {
				o.Only = func(play int, t *ir.Task) bool { return (&condition{check, p, o.Effect, &failed}).chosen(play, t) }
			}
			o.Python = executor.Task
			if err := ir.Text(c.OutOrStdout(), p, o); err != nil {
				return err
			}
			return failed
		},
	}
	f.add(c)
	c.Flags().StringVar(&where, "where", "", "print only the tasks for which this expression is true")
	return c
}

// program is the plan named, or what the playbooks named compile to.
func (f *sourceFlags) program(names []string) (*ir.Program, error) {
	b, err := os.ReadFile(names[0])
	if err != nil {
		return nil, err
	}
	s, err := f.session(names)
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(b, []byte("\x89pbc")) {
		u, diags, err := s.read()
		if err != nil {
			return nil, err
		}
		if counts := printDiags(os.Stderr, diags, false); u == nil {
			fmt.Fprintf(os.Stderr, "pbc: %s\n", counts)
			return nil, exitCode(1)
		}
		return u.Program, nil
	}
	p, err := readPlan(names)
	if err != nil || !p.Locked {
		return p, err
	}
	u, err := s.open(p)
	if err != nil {
		return nil, err
	}
	return u.Program, nil
}

// shownTask is a task as --where sees it.
type shownTask struct {
	Module   string   `expr:"module"`
	Action   string   `expr:"action"`
	Name     string   `expr:"name"`
	File     string   `expr:"file"`
	Line     int      `expr:"line"`
	Role     string   `expr:"role"`
	Tags     []string `expr:"tags"`
	Register string   `expr:"register"`
	Effect   string   `expr:"effect"`
	Become   bool     `expr:"become"`
	Handler  bool     `expr:"handler"`
	Loop     bool     `expr:"loop"`
	When     []string `expr:"when"`
	Notify   []string `expr:"notify"`

	Args map[string]any `expr:"args"`
	Vars map[string]any `expr:"vars"`
}

// shownPlay is a play as --where sees it.
type shownPlay struct {
	Name  string   `expr:"name"`
	Hosts []string `expr:"hosts"`
	File  string   `expr:"file"`
	Line  int      `expr:"line"`
	Index int      `expr:"index"`
}

type shown struct {
	Task shownTask `expr:"task"`
	Play shownPlay `expr:"play"`
}

// compileWhere reads an expression. Its errors point at the place in it.
func compileWhere(src string) (*vm.Program, error) {
	p, err := expr.Compile(src, expr.Env(shown{}), expr.AsBool())
	if err == nil {
		return p, nil
	}
	if e, ok := err.(*file.Error); ok {
		e.Message = strings.NewReplacer("type main.shownTask", "task", "type main.shownPlay", "play").Replace(e.Message)
		return nil, fmt.Errorf("--where:%d:%d: %s\n    %s\n    %s^", e.Line, e.Column+1, e.Message, strings.Split(src, "\n")[max(e.Line-1, 0)], strings.Repeat(" ", e.Column))
	}
	return nil, fmt.Errorf("--where: %w", err)
}

// condition is an expression for tasks; failed takes its first error.
type condition struct {
	check  *vm.Program
	p      *ir.Program
	effect func(play int, t *ir.Task) (class, why string, waits bool)
	failed *error
}

// chosen evaluates the expression for one task.
func (c *condition) chosen(play int, t *ir.Task) bool {
	p, pl := c.p, c.p.Plays[play]
	class, _, _ := c.effect(play, t)
	role := ""
	if t.Role >= 0 && t.Role < len(pl.Roles) {
		role = pl.Roles[t.Role].Name
	}
	env := shown{
		Task: shownTask{Module: t.Module, Action: t.Action, Name: source(t.Name.V), File: shownFile(p, t.Pos.File), Line: t.Pos.Line, Role: role, Tags: sources(t.Tags),
			Register: t.Register, Effect: class, Become: t.Become.On.IsSet() && t.Become.On.V != false, Handler: t.Handler, Loop: t.Loop != nil,
			When: sources(t.When), Notify: sources(t.Notify), Args: shownDict(t.Args.V), Vars: shownVars(pl, t)},
		Play: shownPlay{Name: source(pl.Name.V), Hosts: sources([]ir.Val{pl.Hosts}), File: shownFile(p, pl.Pos.File), Line: pl.Pos.Line, Index: play},
	}
	out, err := expr.Run(c.check, env)
	if err != nil && *c.failed == nil {
		*c.failed = fmt.Errorf("--where: %w", err)
	}
	yes, _ := out.(bool)
	return yes
}

// shownFile names a file as the assembly does: relative to the folder of the first playbook.
func shownFile(p *ir.Program, name string) string {
	rel, err := filepath.Rel(p.Basedir, name)
	if err != nil || strings.HasPrefix(rel, "..") {
		return name
	}
	return rel
}

// source is the text of a keyword as written.
func source(v value.Value) string {
	switch x := v.(type) {
	case nil:
		return ""
	case *value.Tmpl:
		return x.Src
	case *value.Cond:
		return x.Src
	}
	s, _ := value.ToStr(v)
	return s
}

// sources are the texts of a keyword that may be a list, and hosts with its patterns apart.
func sources(list []ir.Val) []string {
	out := []string{}
	for _, v := range list {
		if l, ok := v.V.(*value.List); ok {
			for _, e := range l.V {
				out = append(out, source(e))
			}
			continue
		}
		out = append(out, strings.FieldsFunc(source(v.V), func(r rune) bool { return r == ',' })...)
	}
	return out
}

// shownVars are the variables of the playbook that a task sees by its place, the innermost of each name.
func shownVars(p *ir.Play, t *ir.Task) map[string]any {
	out := map[string]any{}
	if t.Scope < 0 || t.Scope >= len(p.Scopes) {
		return out
	}
	s := p.Scopes[t.Scope]
	layers := slices.Concat(s.IncludeParams, s.RoleParams, s.Task, s.RoleVars, []int{p.Vars}, s.RoleDefaults)
	for _, n := range slices.Backward(layers) {
		if n >= 0 && n < len(p.Layers) {
			maps.Copy(out, shownDict(p.Layers[n].V))
		}
	}
	return out
}

// shownDict is a dictionary of the plan as expr-lang has it; anything else is empty.
func shownDict(v value.Value) map[string]any {
	out, _ := shownValue(v).(map[string]any)
	if out == nil {
		out = map[string]any{}
	}
	return out
}

// shownValue is a value of the plan as expr-lang has it: templates are their texts, and what is no JSON is its own.
func shownValue(v value.Value) any {
	switch x := v.(type) {
	case nil, bool, float64:
		return v
	case int64:
		return int(x)
	case *value.List:
		out := make([]any, len(x.V))
		for i, e := range x.V {
			out[i] = shownValue(e)
		}
		return out
	case *value.Dict:
		out := map[string]any{}
		for i, k := range x.K {
			out[source(k)] = shownValue(x.V[i])
		}
		return out
	case *value.Vault:
		return x.Cipher
	}
	return source(v)
}
