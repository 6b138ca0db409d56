package effect

import (
	"strings"

	"pbc/ir/value"
	"pbc/runtime/eval"
)

// row is what is known of a module: its class, why, and which arguments make it more than that.
type row struct {
	class Class
	why   string
	opens []opener
}

// opener is an argument that makes a module open.
type opener struct {
	arg string
	// is says of a constant value whether it does; nil is every value. One that is only known when the task runs does.
	is  func(value.Value) bool
	why string
}

const (
	ownVariables = "touches variables only"
	ownDisk      = "touches its own host's files only"
	ownAccounts  = "touches its own host's accounts only"
	ownLook      = "looks at its own host only"
)

var (
	validates = opener{"validate", nil, "validate starts a command"}
	downloads = opener{"src", isURL, "src is fetched over the network"}
)

// table has the modules that are known not to be open, by full name. A module is added when every way to call it touches nothing
// that another host could see, or look at nothing that another host could have made: but for the arguments named here.
var table = map[string]row{
	"ansible.builtin.assert":                 {class: Inner, why: ownVariables},
	"ansible.builtin.debug":                  {class: Inner, why: ownVariables},
	"ansible.builtin.fail":                   {class: Inner, why: ownVariables},
	"ansible.builtin.set_fact":               {class: Inner, why: ownVariables},
	"ansible.builtin.set_stats":              {class: Inner, why: ownVariables},
	"ansible.builtin.validate_argument_spec": {class: Inner, why: ownVariables},

	"ansible.builtin.assemble":    {class: Local, why: ownDisk, opens: []opener{validates}},
	"ansible.builtin.blockinfile": {class: Local, why: ownDisk, opens: []opener{validates}},
	"ansible.builtin.copy":        {class: Local, why: ownDisk, opens: []opener{validates}},
	"ansible.builtin.file":        {class: Local, why: ownDisk},
	"ansible.builtin.find":        {class: Local, why: ownLook},
	"ansible.builtin.known_hosts": {class: Local, why: ownDisk},
	"ansible.builtin.lineinfile":  {class: Local, why: ownDisk, opens: []opener{validates}},
	"ansible.builtin.replace":     {class: Local, why: ownDisk, opens: []opener{validates}},
	"ansible.builtin.slurp":       {class: Local, why: ownLook},
	"ansible.builtin.stat":        {class: Local, why: ownLook},
	"ansible.builtin.tempfile":    {class: Local, why: ownDisk},
	"ansible.builtin.template":    {class: Local, why: ownDisk, opens: []opener{validates}},
	"ansible.builtin.unarchive":   {class: Local, why: ownDisk, opens: []opener{downloads}},
	"ansible.posix.authorized_key": {class: Local, why: ownDisk, opens: []opener{
		{"key", isURL, "key is fetched over the network"}}},
	"ansible.posix.acl":                   {class: Local, why: ownDisk},
	"community.general.archive":           {class: Local, why: ownDisk},
	"community.general.capabilities":      {class: Local, why: ownDisk},
	"community.general.htpasswd":          {class: Local, why: ownDisk},
	"community.general.ini_file":          {class: Local, why: ownDisk},
	"community.general.pam_limits":        {class: Local, why: ownDisk},
	"community.general.pamd":              {class: Local, why: ownDisk},
	"community.general.xml":               {class: Local, why: ownDisk},
	"ansible.builtin.cron":                {class: Local, why: "touches its own host's tables of cron only"},
	"ansible.builtin.debconf":             {class: Local, why: "touches its own host's answers to debconf only"},
	"ansible.builtin.dpkg_selections":     {class: Local, why: "touches its own host's selections of packages only"},
	"community.general.alternatives":      {class: Local, why: ownDisk},
	"community.general.locale_gen":        {class: Local, why: ownDisk},
	"ansible.builtin.group":               {class: Local, why: ownAccounts},
	"ansible.builtin.user":                {class: Local, why: ownAccounts},
	"ansible.builtin.async_status":        {class: Local, why: ownLook},
	"ansible.builtin.gather_facts":        {class: Local, why: ownLook},
	"ansible.builtin.package_facts":       {class: Local, why: ownLook},
	"ansible.builtin.ping":                {class: Local, why: ownLook},
	"ansible.builtin.service_facts":       {class: Local, why: ownLook},
	"ansible.builtin.setup":               {class: Local, why: ownLook},
	"ansible.builtin.add_host":            {class: Exact, why: "changes the inventory of all hosts"},
	"ansible.builtin.group_by":            {class: Exact, why: "changes the inventory of all hosts"},
	"ansible.builtin.pause":               {class: Exact, why: "one pause is for all hosts"},
	"ansible.builtin.include_vars":        {class: Open, why: "what the variables hold is known only then"},
	"ansible.builtin.command":             {class: Open, why: "starts a command"},
	"ansible.builtin.shell":               {class: Open, why: "starts a command"},
	"ansible.builtin.raw":                 {class: Open, why: "starts a command"},
	"ansible.builtin.script":              {class: Open, why: "starts a command"},
	"ansible.builtin.expect":              {class: Open, why: "starts a command"},
	"ansible.builtin.service":             {class: Open, why: "services are seen by others"},
	"ansible.builtin.systemd":             {class: Open, why: "services are seen by others"},
	"ansible.builtin.systemd_service":     {class: Open, why: "services are seen by others"},
	"ansible.builtin.sysvinit":            {class: Open, why: "services are seen by others"},
	"ansible.builtin.fetch":               {class: Open, why: "writes to the controller"},
	"ansible.builtin.wait_for":            {class: Open, why: "waits for what others may do"},
	"ansible.builtin.getent":              {class: Open, why: "may ask name services of the network"},
	"ansible.posix.sysctl":                {class: Open, why: "settings of the kernel are seen by others"},
	"ansible.builtin.hostname":            {class: Open, why: "names of hosts are seen by others"},
	"ansible.builtin.iptables":            {class: Open, why: "filters of the network are seen by others"},
	"ansible.builtin.reboot":              {class: Open, why: "others see the host go and come"},
	"ansible.builtin.get_url":             {class: Open, why: overNetwork},
	"ansible.builtin.uri":                 {class: Open, why: overNetwork},
	"ansible.builtin.git":                 {class: Open, why: overNetwork},
	"ansible.builtin.subversion":          {class: Open, why: overNetwork},
	"ansible.builtin.pip":                 {class: Open, why: overNetwork},
	"ansible.builtin.apt":                 {class: Open, why: packages},
	"ansible.builtin.dnf":                 {class: Open, why: packages},
	"ansible.builtin.yum":                 {class: Open, why: packages},
	"ansible.builtin.package":             {class: Open, why: packages},
	"ansible.builtin.apt_repository":      {class: Open, why: packages},
	"ansible.builtin.apt_key":             {class: Open, why: overNetwork},
	"ansible.builtin.rpm_key":             {class: Open, why: overNetwork},
	"ansible.builtin.wait_for_connection": {class: Open, why: "waits for the host to come back"},
}

const (
	overNetwork = "goes over the network"
	packages    = "packages come over the network and start services"
)

// Known returns what the table says of a module: open, when it says nothing.
func Known(module string) Effect {
	r, ok := table[module]
	if !ok {
		return Effect{Open, "not known to be local"}
	}
	return Effect{r.class, r.why}
}

// metas are the meta tasks that concern no other host. The others do, and so does one whose condition can end the run.
var metas = map[string]string{
	"noop":             "does nothing",
	"role_complete":    "touches its own host only",
	"end_host":         "ends its own host's play only",
	"flush_handlers":   "handlers wait for themselves",
	"reset_connection": "touches its own connection only",
}

// readers are the lookups that only read: what they read changes by tasks that hosts wait for.
var readers = names(`config csvfile dict env file fileglob first_found flattened indexed_items ini inventory_hostnames items list nested cartesian
	random_choice sequence subelements together unvault varnames vars`)

// who are the variables that tell which hosts are left: what tasks on others have made of them.
var who = names("ansible_play_hosts ansible_play_batch play_hosts ansible_current_hosts ansible_failed_hosts")

func names(list string) map[string]bool {
	m := map[string]bool{}
	for _, n := range strings.Fields(list) {
		m[n] = true
	}
	return m
}

// filters and tests are those of the evaluator: functions of their arguments.
var filters, tests = rowNames(false), rowNames(true)

func rowNames(test bool) map[string]bool {
	rows := eval.Filters()
	if test {
		rows = eval.Tests()
	}
	m := map[string]bool{}
	for _, r := range rows {
		m[r.Name] = true
		for _, a := range r.Aliases {
			m[a] = true
		}
	}
	return m
}

func isURL(v value.Value) bool {
	s, ok := value.Text(v)
	return !ok || strings.Contains(s, "://")
}
