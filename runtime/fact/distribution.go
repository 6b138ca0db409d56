package fact

import (
	"os"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/pyre"
)

// families are the distributions that belong to a family of another name.
//
// Ansible docs: "Conditionals based on ansible_facts", ansible_facts['os_family'].
var families = map[string][]string{
	"RedHat": {"RedHat", "RHEL", "Fedora", "CentOS", "Scientific", "SLC", "Ascendos", "CloudLinux", "PSBM",
		"OracleLinux", "OVS", "OEL", "Amazon", "Virtuozzo", "XenServer", "Alibaba", "EulerOS", "openEuler",
		"AlmaLinux", "Rocky", "TencentOS", "EuroLinux", "Kylin Linux Advanced Server"},
	"Debian": {"Debian", "Ubuntu", "Raspbian", "Neon", "KDE neon", "Linux Mint", "SteamOS", "Devuan", "Kali",
		"Cumulus Linux", "Pop!_OS", "Parrot", "Pardus GNU/Linux", "Uos", "Deepin", "OSMC"},
	"Suse": {"SuSE", "SLES", "SLED", "openSUSE", "openSUSE Tumbleweed", "SLES_SAP", "SUSE_LINUX",
		"openSUSE Leap"},
	"Archlinux":  {"Archlinux", "Antergos", "Manjaro"},
	"Mandrake":   {"Mandrake", "Mandriva"},
	"Solaris":    {"Solaris", "Nexenta", "OmniOS", "OpenIndiana", "SmartOS"},
	"Gentoo":     {"Gentoo", "Funtoo"},
	"HP-UX":      {"HPUX"},
	"Darwin":     {"MacOSX"},
	"FreeBSD":    {"FreeBSD", "TrueOS"},
	"ClearLinux": {"Clear Linux OS", "Clear Linux Mix"},
	"DragonFly":  {"DragonflyBSD", "DragonFlyBSD", "Gentoo/DragonflyBSD", "Gentoo/DragonFlyBSD"},
}

// taggedFamilies are those that dialect tagged knows beside them.
var taggedFamilies = map[string]string{"Amzn": "RedHat", "MIRACLE": "RedHat", "Linux Mint Debian Edition": "Debian",
	"ALP-Dolomite": "Suse", "SL-Micro": "Suse", "openSUSE MicroOS": "Suse"}

func (g *gathering) family(distribution string) string {
	if f := taggedFamilies[distribution]; f != "" && g.tagged() {
		return f
	}
	for f, names := range families {
		for _, n := range names {
			if n == distribution {
				return f
			}
		}
	}
	return distribution
}

// releaseFiles are the files looked at, with the reader of each; the first that can make something
// of its file decides.
var releaseFiles = []struct {
	path, name string
	empty      bool // its being there is enough
	search     string
	read       func(*release) (bool, error)
}{
	{path: "/etc/altlinux-release", name: "Altlinux", search: "ALT"},
	{path: "/etc/oracle-release", name: "OracleLinux", search: "Oracle Linux"},
	{path: "/etc/slackware-version", name: "Slackware", read: readSlackware},
	{path: "/etc/centos-release", name: "CentOS", read: readCentOS},
	{path: "/etc/redhat-release", name: "RedHat", search: "Red Hat"},
	{path: "/etc/vmware-release", name: "VMwareESX", empty: true},
	{path: "/etc/openwrt_release", name: "OpenWrt", read: readDistrib},
	{path: "/etc/os-release", name: "Amazon", read: readAmazon},
	{path: "/etc/system-release", name: "Amazon", read: readAmazon},
	{path: "/etc/alpine-release", name: "Alpine", read: readAlpine},
	{path: "/etc/arch-release", name: "Archlinux", empty: true},
	{path: "/etc/os-release", name: "Archlinux", read: readArch},
	{path: "/etc/os-release", name: "SUSE", read: readSUSE},
	{path: "/etc/SuSE-release", name: "SUSE", read: readSUSE},
	{path: "/etc/os-release", name: "Debian", read: readDebian},
	{path: "/etc/lsb-release", name: "Debian", read: readDebian},
	{path: "/etc/lsb-release", name: "Mandriva", read: readDistrib},
	{path: "/etc/sourcemage-release", name: "SMGL", search: "Source Mage GNU/Linux"},
	{path: "/usr/lib/os-release", name: "ClearLinux", read: readClearLinux},
	{path: "/etc/coreos/update.conf", name: "Coreos", read: readCoreOS},
	{path: "/etc/os-release", name: "Flatcar", read: readFlatcar},
	{path: "/etc/os-release", name: "NA", read: readAny},
}

// release is one file as its reader sees it. What the reader sets replaces the facts guessed.
type release struct {
	*probe
	path, name, data string
	id               string // what distro calls the distribution
	guess            map[string]string
	facts            *value.Dict
}

func (r *release) set(name, v string)       { r.facts.SetStr("distribution_"+name, v) }
func (r *release) setDistribution(v string) { r.facts.SetStr("distribution", v) }
func (r *release) has(s string) bool        { return strings.Contains(r.data, s) }

// lookup returns the first group of the first match, and whether there is a match.
func (r *release) lookup(pattern string) (string, bool) {
	m := pyre.MustCompile(pattern).FindStringSubmatch(r.data)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func distributionFacts(p *probe) (*value.Dict, error) {
	u := p.kernel()
	d := value.DictOf("distribution", u.System, "distribution_release", u.Release, "distribution_version", u.Version)
	var err error
	switch u.System {
	case "Linux":
		err = p.linuxDistribution(d)
	case "Darwin":
		p.darwinDistribution(d)
	case "FreeBSD":
		freeBSDDistribution(d, u)
	}
	if err != nil {
		return nil, err
	}
	name, _ := d.GetStr("distribution")
	d.SetStr("os_family", p.family(name.(string)))
	return d, nil
}

func (p *probe) linuxDistribution(d *value.Dict) error {
	dist, err := p.distro()
	if err != nil {
		return err
	}
	version, codename := dist.version(), "NA"
	if version == "" {
		version = "NA"
	}
	if c, ok := dist.codename(); ok {
		codename = c
	}
	major, _, _ := strings.Cut(version, ".")
	if major == "" {
		major = "NA"
	}
	d.Update(value.DictOf("distribution", dist.distribution(), "distribution_version", version,
		"distribution_release", codename, "distribution_major_version", major))
	guess := map[string]string{"release": codename, "version": version}
	for i := range releaseFiles {
		r := &release{probe: p, path: releaseFiles[i].path, name: releaseFiles[i].name,
			id: dist.distribution(), guess: guess, facts: value.NewDict()}
		if done, err := r.try(i, d); done || err != nil {
			return err
		}
	}
	return nil
}

// try reads one of the releaseFiles into the facts and says whether that settles it.
func (r *release) try(i int, d *value.Dict) (bool, error) {
	f := releaseFiles[i]
	fi, err := os.Stat(r.sys.path(f.path))
	if err != nil || fi.Size() == 0 && !f.empty || r.tagged() && !fi.Mode().IsRegular() {
		return false, nil
	}
	found := value.DictOf("distribution", f.name, "distribution_file_path", f.path,
		"distribution_file_variety", f.name)
	if f.empty {
		d.Update(found)
		return true, nil
	}
	text, ok := r.sys.text(f.path)
	if !ok {
		return false, errMalformed(f.path, "")
	}
	r.data = strings.Trim(text, quotes)
	read := f.read
	if f.search != "" {
		read = func(r *release) (bool, error) { return readNamed(r, f.search) }
	}
	parsed, err := read(r)
	if parsed && err == nil {
		found.SetStr("distribution_file_parsed", true)
		d.Update(found)
		d.Update(r.facts)
	}
	return parsed, err
}

func (p *probe) darwinDistribution(d *value.Dict) {
	d.SetStr("distribution", "MacOSX")
	w := words(p.sys.run(p.ctx, []string{"/usr/bin/sw_vers", "-productVersion"}).Stdout)
	if len(w) == 0 {
		return
	}
	v := w[len(w)-1]
	major, _, _ := strings.Cut(v, ".")
	d.SetStr("distribution_major_version", major)
	d.SetStr("distribution_version", v)
}

func freeBSDDistribution(d *value.Dict, u uname) {
	if strings.Contains(u.Version, "trueos") {
		d.SetStr("distribution", "TrueOS")
	}
	m := pyre.MustCompile(`(\d+)\.(\d+)-(RELEASE|STABLE|CURRENT|RC|PRERELEASE)`).FindStringSubmatch(u.Release)
	if m != nil {
		d.SetStr("distribution_major_version", m[1])
		d.SetStr("distribution_version", m[1]+"."+m[2])
	}
}
