// Package playbook turns a playbook and everything it names before running into one typed tree:
// plays, blocks, tasks and roles, each with its place in the source. It is the front end's second half;
// compiler/yaml gives it trees of nodes, compiler/lower makes instructions of what it returns.
//
// What is loaded and what is left for later is as in Ansible: import_playbook, import_tasks, import_role and
// roles are expanded here, include_tasks and include_role stay tasks, to be loaded with LoadTasks and LoadRole
// when the run gets there. Keywords are checked (may this entity have it, is it of a type that can be accepted
// before its template is rendered) and kept as nodes: nothing is evaluated but names of files and roles that
// are templates, through Options.Render.
//
// Vocabulary: an entity is a play, role, block, task or handler; its keywords are what it may be given in YAML;
// a step is a task or a block; the parent of a step is the block or the include that encloses it. Roles are shared:
// a role that a play names twice with equal parameters is one *Role, and its steps are instantiated once for
// each use (Role.Compile), so that every instance knows the chain of roles that led to it.
//
// Invariants: a tree is not changed once Load has returned it, but for what LoadTasks and LoadRole add to
// the roles and handlers of a play; Parent, Role and Play links are complete; positions are those Ansible reports.
package playbook
