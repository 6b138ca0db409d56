package main

// notes is what the code's tables do not tell: why a thing differs. Keys are a kind and a name. A row
// without state keeps the one that was found. A test fails when a key names nothing.
var notes = map[string]row{
	"filter vault":                        {state: same, note: "runs in the Python of the installed Ansible"},
	"filter unvault":                      {state: same, note: "runs in the Python of the installed Ansible"},
	"keyword debugger":                    {state: differs, note: "the installed Ansible's debugger, refused where there is none, and as a template; docs/usage.md has what it shows otherwise"},
	"setting ENABLE_TASK_DEBUGGER":        {note: "refused where no Ansible is installed"},
	"keyword strategy":                    {state: differs, note: "see Strategies"},
	"keyword galaxy_info":                 {state: same, note: "as in a run of Ansible, nothing comes of it"},
	"setting ANSIBLE_PIPELINING":          {note: "nothing to switch: modules are never copied one by one"},
	"module ansible.posix.sysctl":         {note: "Linux; other versions of its collection than 1.2 to 2.1, and a link for `sysctl_file`, in Python"},
	"module ansible.posix.authorized_key": {note: "other versions of its collection than 1.5 to 2.1, and keys that are fetched, in Python"},
	"module community.general.ini_file":   {note: "other versions of its collection than 6.6.2 to 6.6.9 in Python"},
	"module group":                        {state: same, note: "Linux; elsewhere in Python"},
	"module user":                         {state: same, note: "Linux; elsewhere, with `generate_ssh_key` and with `local` in Python"},
	"module reboot":                       {state: differs, note: "`connect_timeout` is checked and does not change the connection's own time limit"},
	"module wait_for_connection":          {state: differs, note: "`connect_timeout` is checked and does not change the connection's own time limit"},
	"module setup":                        {state: differs, note: "facts of Linux, FreeBSD and macOS; on other systems those that all have"},
	"become doas":                         {state: differs, note: "without a password: doas reads one from a terminal only"},
	"connection ssh":                      {note: "spoken by pbc itself; what it cannot honour is handed to the system's ssh"},
	"connection winrm":                    {state: unsupported, note: "refused at its line; where a variable names it, the host fails with that word"},
	"connection psrp":                     {state: unsupported, note: "refused at its line; where a variable names it, the host fails with that word"},
	"callback tree":                       {state: same, note: "run by the installed Ansible, as callbacks in Python are"},
	"connection smart":                    {state: same, note: "is ssh"},
	"connection paramiko":                 {state: same, note: "is ssh"},
	"connection paramiko_ssh":             {state: differs, note: "is ssh"},
	"connection local":                    {note: "the agent runs inside pbc"},
	"inventory auto":                      {state: same, note: "plugins that pbc lacks are run by the installed ansible-inventory"},
}
