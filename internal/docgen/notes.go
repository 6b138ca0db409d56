package main

// notes is what the code's tables do not tell: why a thing differs. Keys are a kind and a name. A row
// without state keeps the one that was found. A test fails when a key names nothing.
var notes = map[string]row{
	"filter vault":                       {state: same, note: "runs in the Python of the installed Ansible"},
	"filter unvault":                     {state: same, note: "runs in the Python of the installed Ansible"},
	"keyword strategy":                   {state: differs, note: "see Strategies"},
	"keyword galaxy_info":                {state: same, note: "as in a run of Ansible, nothing comes of it"},
	"setting ANSIBLE_PIPELINING":         {note: "nothing to switch: modules are never copied one by one"},
	"setting DEFAULT_MODULE_COMPRESSION": {note: "native modules are part of the agent"},
	"setting DEFAULT_KEEP_REMOTE_FILES":  {note: "native modules leave no files"},
	"module ansible.posix.sysctl":        {state: differs, note: "Linux"},
	"module group":                       {state: differs, note: "Linux"},
	"module reboot":                      {state: differs, note: "`connect_timeout` is checked and does not change the connection's own time limit"},
	"module wait_for_connection":         {state: differs, note: "`connect_timeout` is checked and does not change the connection's own time limit"},
	"module setup":                       {state: differs, note: "facts of Linux, FreeBSD and macOS; on other systems those that all have"},
	"become doas":                        {state: differs, note: "without a password: doas reads one from a terminal only"},
	"connection ssh":                     {note: "spoken by pbc itself; what it cannot honour is handed to the system's ssh"},
	"connection winrm":                   {state: unsupported, note: "refused at its line; where a variable names it, the host fails with that word"},
	"connection psrp":                    {state: unsupported, note: "refused at its line; where a variable names it, the host fails with that word"},
	"connection smart":                   {state: same, note: "is ssh"},
	"connection paramiko":                {state: same, note: "is ssh"},
	"connection paramiko_ssh":            {state: differs, note: "is ssh"},
	"connection local":                   {note: "the agent runs inside pbc"},
	"inventory auto":                     {state: same, note: "plugins that pbc lacks are run by the installed ansible-inventory"},
}
