package fact

import (
	"errors"
	"strings"
	"unicode"

	"pbc/runtime/pyre"
)

// This file has the readers of the distributions' release files. Each looks for its own words first
// and leaves the file to the next reader when they are not there. What they make of a file is
// observed from ansible-core 2.14 over testdata/releases.

// readNamed takes the distribution's name when its words are in the file, else the file's first word.
func readNamed(r *release, search string) (bool, error) {
	if !r.has(search) {
		w := first(r.data)
		if w == "" {
			return false, errMalformed(r.path, r.data)
		}
		r.setDistribution(w)
		return true, nil
	}
	r.setDistribution(r.name)
	r.set("file_search_string", search)
	return true, nil
}

func readSlackware(r *release) (bool, error) {
	if !r.has("Slackware") {
		return false, nil
	}
	if v, ok := r.lookup(`(\w+[.]\w+\+?)`); ok {
		r.set("version", v)
	}
	return true, nil
}

func readCentOS(r *release) (bool, error) {
	switch {
	case r.has("CentOS Stream"):
		r.set("release", "Stream")
	case r.has("TencentOS Server"):
		r.setDistribution("TencentOS")
	default:
		return false, nil
	}
	return true, nil
}

// readDistrib reads the DISTRIB_ lines of OpenWrt and Mandriva.
func readDistrib(r *release) (bool, error) {
	if !r.has(r.name) {
		return false, nil
	}
	if v, ok := r.lookup(`DISTRIB_RELEASE="(.*)"`); ok {
		r.set("version", v)
	}
	if v, ok := r.lookup(`DISTRIB_CODENAME="(.*)"`); ok {
		r.set("release", v)
	}
	return true, nil
}

func readAmazon(r *release) (bool, error) {
	if !r.has("Amazon") {
		return false, nil
	}
	if r.path != "/etc/os-release" {
		version := "NA"
		for _, w := range words(r.data) {
			if strings.IndexFunc(w, func(c rune) bool { return !unicode.IsDigit(c) }) < 0 {
				version = w
				break
			}
		}
		r.set("version", version)
		return true, nil
	}
	v, ok := r.lookup(`VERSION_ID="(.*)"`)
	if !ok {
		return true, nil
	}
	parts := append(strings.Split(v, "."), "NA")
	if len(parts) > 3 {
		return false, errors.New("distribution: version with more than two parts: " + v)
	}
	r.set("version", v)
	r.set("major_version", parts[0])
	r.set("minor_version", parts[1])
	return true, nil
}

func readAlpine(r *release) (bool, error) {
	r.set("version", r.data)
	return true, nil
}

func readArch(r *release) (bool, error) { return r.has("Arch Linux"), nil }

func readSUSE(r *release) (bool, error) {
	low := strings.ToLower(r.data)
	if !strings.Contains(low, "suse") {
		return false, nil
	}
	open, enterprise := strings.Contains(low, "open"), strings.Contains(low, "enterprise")
	switch {
	case r.path == "/etc/os-release":
		if !r.suseOSRelease(open, enterprise) {
			return false, nil
		}
	case open:
		r.setDistribution(first(splitLines(r.data)[0]))
		if v, ok := r.lookup(`CODENAME *= *([^\n]+)`); ok {
			r.set("release", strip(v))
		}
	case enterprise:
		if r.has("Server") {
			r.setDistribution("SLES")
		} else if r.has("Desktop") {
			r.setDistribution("SLED")
		}
		if v, ok := r.lookup(`PATCHLEVEL = ([0-9]+)`); ok {
			r.set("release", v)
			r.set("version", r.guess["version"]+"."+v)
		}
	}
	if name := r.suseVariant(); name != "" {
		r.setDistribution(name)
	}
	return true, nil
}

// suseVariant is an edition that counts as a distribution of its own, "" for others: by the product that
// is installed and, in dialect tagged, by what os-release says before that.
func (r *release) suseVariant() string {
	if id, ok := r.lookup(`(?m)^VARIANT_ID="?([^"\n]*)"?`); ok && r.tagged() {
		return map[string]string{"server-sap": "SLES_SAP", "sles-sap": "SLES_SAP", "transactional": "SL-Micro"}[id]
	}
	const link = "/etc/products.d/baseproduct"
	if !r.sys.isLink(link) {
		return ""
	}
	switch product := r.sys.realpath(link); {
	case strings.HasSuffix(product, "SLES_SAP.prod"):
		return "SLES_SAP"
	case strings.HasSuffix(product, "SL-Micro.prod") && r.tagged():
		return "SL-Micro"
	}
	return ""
}

// suseOSRelease reads os-release; the release is the version's second number, for an enterprise
// edition 0 where there is none. It says whether the file could be read.
func (r *release) suseOSRelease(open, enterprise bool) bool {
	if v, ok := r.lookup(`(?m)^NAME=(.*)`); ok {
		r.setDistribution(strings.Trim(v, `"`))
	}
	v, ok := r.lookup(`(?m)^VERSION_ID="?([0-9]+\.?[0-9]*)"?`)
	if !ok {
		return open || !enterprise || !r.has("VERSION_ID")
	}
	major, minor, _ := strings.Cut(v, ".")
	r.set("version", v)
	r.set("major_version", major)
	if !open && enterprise && minor == "" {
		minor = "0"
	}
	if open || enterprise {
		r.set("release", minor)
	}
	return true
}

// debianKinds are Debian and what is made of it, in the order in which their words are looked for.
var debianKinds = []struct {
	words  []string
	read   func(*release) error
	tagged bool // in dialect tagged only
}{
	{[]string{"Debian", "Raspbian"}, readPlainDebian, false},
	{[]string{"Ubuntu"}, func(r *release) error { r.setDistribution("Ubuntu"); return nil }, false},
	{[]string{"SteamOS"}, func(r *release) error { r.setDistribution("SteamOS"); return nil }, false},
	{[]string{"Kali", "Parrot"}, readKali, false},
	{[]string{"Devuan"}, readDevuan, false},
	{[]string{"Cumulus"}, readCumulus, false},
	{[]string{"Mint"}, readMint, false},
	{[]string{"UOS", "Uos", "uos"}, func(r *release) error { return readDeepin(r, "Uos") }, false},
	{[]string{"Deepin", "deepin"}, func(r *release) error { return readDeepin(r, "Deepin") }, false},
	{[]string{"LMDE"}, func(r *release) error { r.setDistribution("Linux Mint Debian Edition"); return nil }, true},
}

func readDebian(r *release) (bool, error) {
	for _, k := range debianKinds {
		for _, w := range k.words {
			if r.has(w) && (!k.tagged || r.tagged()) {
				return true, k.read(r)
			}
		}
	}
	return false, nil
}

func readPlainDebian(r *release) error {
	r.setDistribution("Debian")
	if v, ok := r.lookup(`PRETTY_NAME=[^(]+ \(?([^)]+?)\)`); ok {
		r.set("release", v)
	}
	for _, l := range r.sys.lines("/etc/debian_version") {
		if m := pyre.MustCompile(`\d+\.(\d+)`).FindStringSubmatch(l); m != nil {
			r.set("minor_version", m[1])
		}
	}
	return nil
}

func readKali(r *release) error {
	name := "Parrot"
	if r.has("Kali") {
		name = "Kali"
	}
	r.setDistribution(name)
	if v, ok := r.lookup(`DISTRIB_RELEASE=(.*)`); ok {
		r.set("release", v)
	}
	return nil
}

func readDevuan(r *release) error {
	r.setDistribution("Devuan")
	if v, ok := r.lookup(`PRETTY_NAME="?[^("]+ \(?([^) "]+)\)?`); ok {
		r.set("release", v)
	}
	if v, ok := r.lookup(`VERSION_ID="(.*)"`); ok {
		r.set("version", v)
		r.set("major_version", v)
	}
	return nil
}

func readCumulus(r *release) error {
	r.setDistribution("Cumulus Linux")
	if v, ok := r.lookup(`VERSION_ID=(.*)`); ok {
		parts := strings.Split(v, ".")
		if len(parts) != 3 {
			return errors.New("distribution: version without three parts: " + v)
		}
		r.set("version", v)
		r.set("major_version", parts[0])
	}
	if v, ok := r.lookup(`VERSION="(.*)"`); ok {
		r.set("release", v)
	}
	return nil
}

func readMint(r *release) error {
	r.setDistribution("Linux Mint")
	r.setQuotedVersion()
	return nil
}

func readDeepin(r *release, name string) error {
	r.setDistribution(name)
	if v, ok := r.lookup(`VERSION_CODENAME="?([^"]+)"?`); ok {
		r.set("release", v)
	}
	r.setQuotedVersion()
	return nil
}

func (r *release) setQuotedVersion() {
	if v, ok := r.lookup(`VERSION_ID="(.*)"`); ok {
		major, _, _ := strings.Cut(v, ".")
		r.set("version", v)
		r.set("major_version", major)
	}
}

func readClearLinux(r *release) (bool, error) {
	if v, ok := r.lookup(`NAME="(.*)"`); ok {
		if !strings.Contains(v, "Clear Linux") {
			return false, nil
		}
		r.setDistribution(v)
	}
	if v, ok := r.lookup(`VERSION_ID=(.*)`); ok {
		r.set("major_version", v)
		r.set("version", v)
	}
	if v, ok := r.lookup(`ID=(.*)`); ok {
		r.set("release", v)
	}
	return true, nil
}

func readCoreOS(r *release) (bool, error) {
	if strings.ToLower(r.id) != "coreos" || r.data == "" {
		return false, nil
	}
	if v, ok := r.lookup(`^GROUP=(.*)`); ok {
		r.set("release", strings.Trim(v, `"`))
	}
	return true, nil
}

func readFlatcar(r *release) (bool, error) {
	if strings.ToLower(r.id) != "flatcar" || r.data == "" {
		return false, nil
	}
	if v, ok := r.lookup(`VERSION=(.*)`); ok {
		v = strings.Trim(v, `"`)
		major, _, _ := strings.Cut(v, ".")
		r.set("major_version", major)
		r.set("version", v)
	}
	return true, nil
}

// readAny takes NAME of an os-release that nobody else knows, and VERSION where no other was found.
func readAny(r *release) (bool, error) {
	for _, l := range splitLines(r.data) {
		if v, ok := strings.CutPrefix(l, "NAME="); ok {
			r.setDistribution(strings.Trim(v, `"`))
		}
		if v, ok := strings.CutPrefix(l, "VERSION="); ok && r.guess["version"] == "NA" {
			r.set("version", strings.Trim(v, `"`))
		}
	}
	return true, nil
}
