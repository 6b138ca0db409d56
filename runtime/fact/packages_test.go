package fact

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"

	"pbc/ir/value"
)

// TestRecordedPackages lists the packages of the hosts in testdata/packages and compares the result with
// what Ansible's package_facts said of the same tools.
func TestRecordedPackages(t *testing.T) {
	eachRecorded(t, "packages", 30, func(t *testing.T, a *txtar.Archive) {
		var args struct {
			Dialect string
			Params  struct {
				Manager  []string
				Strategy string
			}
		}
		if err := json.Unmarshal(part(a, "args.json"), &args); err != nil {
			t.Fatal(err)
		}
		s := &packageScan{ctx: context.Background(), sys: unpackHost(t, a, hostArgs{}), tagged: args.Dialect == "tagged",
			requested: args.Params.Manager, all: args.Params.Strategy == "all", packages: value.NewDict()}
		got, err := s.run()
		if err != nil {
			got = value.DictOf("failed", true, "msg", err.Error())
		}
		if len(s.warnings) > 0 {
			got.SetStr("warnings", textList(s.warnings))
		}
		want, err := value.ParseJSON(part(a, "want.json"))
		if err != nil {
			t.Fatal(err)
		}
		want.(*value.Dict).Del("changed")
		if d := cmp.Diff(plain(want), plain(got)); d != "" {
			t.Errorf("Ansible's (-) and pbc's (+) results differ:\n%s", d)
		}
	})
}

// TestPackageLibraries shows what is said where the Python library of a manager is missing, and what
// happens where there is no Python. Observed: ansible localhost -m package_facts, without python3-apt.
func TestPackageLibraries(t *testing.T) {
	const python = "-- usr/bin/python3 --\n" + `case $2 in "import rpm") exit 1;; esac
printf '%s\n' /usr/bin/python3 3 11 2 final 0 cpython 1 new
`
	const rpm = "-- bin/rpm --\nprintf 'bash\\t5.1\\t6\\t\\tx86_64\\n'\n"
	const dpkg = "-- usr/bin/dpkg --\necho amd64\n-- usr/bin/dpkg-query --\n" +
		`printf 'installed\tbash\t5.2-1\tamd64\tshells\nconfig-files\told\t1\tall\tmisc\ninstalled\tlibc6\t2.36\ti386\tlibs\n'
` + "-- usr/bin/apt-cache --\n" + `if [ $# = 1 ]; then cat <<'END'
Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://deb.debian.org/debian bookworm/main amd64 Packages
     release v=12.8,o=Debian,a=stable,n=bookworm
     origin deb.debian.org
END
exit; fi
cat <<'END'
bash:
  Installed: 5.2-1
  Version table:
     5.3-1 100
        100 http://other.example x/main amd64 Packages
 *** 5.2-1 500
        500 http://deb.debian.org/debian bookworm/main amd64 Packages
        100 /var/lib/dpkg/status
libc6:i386:
  Version table:
 *** 2.36 100
        100 /var/lib/dpkg/status
END
` + "-- usr/bin/apt --\nexit 1\n"
	const why = "Failed to import the required Python library (rpm) on host's Python /usr/bin/python3. Please read the module " +
		"documentation and install it in the appropriate location. If the required library is installed, but Ansible is using " +
		"the wrong Python interpreter, please consult the documentation on ansible_python_interpreter"
	const none = "Could not detect a supported package manager from the following list: ['rpm'], or the required Python library " +
		"is not installed. Check warnings for details."
	failed := func(warnings ...value.Value) *value.Dict {
		return value.DictOf("failed", true, "msg", none, "warnings", value.NewList(warnings...))
	}
	found := func(kv ...value.Value) *value.Dict {
		return value.DictOf("ansible_facts", value.DictOf("packages", value.DictOf(kv...)))
	}
	tests := []struct {
		name, files, manager string
		tagged               bool
		want                 *value.Dict
	}{
		{"tool without library", python + rpm, "rpm", false, failed(`Found "rpm" but ` + why)},
		{"tool without library, tagged", python + rpm, "rpm", true,
			failed("Requested package manager rpm was not usable by this module: Found executable at /bin/rpm. " + why)},
		{"neither, tagged", python, "rpm", true, failed("Requested package manager rpm was not usable by this module: " + why)},
		{"no Python", rpm, "rpm", false, found("bash", value.NewList(value.DictOf("name", "bash", "version", "5.1", "release", "6",
			"epoch", nil, "arch", "x86_64", "source", "rpm")))},
		{"no Python, apt", dpkg, "apt", false, found(
			"bash", value.NewList(value.DictOf("name", "bash", "version", "5.2-1", "arch", "amd64", "category", "shells",
				"origin", "Debian", "source", "apt")),
			"libc6:i386", value.NewList(value.DictOf("name", "libc6:i386", "version", "2.36", "arch", "i386", "category", "libs",
				"origin", "", "source", "apt")))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := &packageScan{ctx: context.Background(), sys: unpackHost(t, txtar.Parse([]byte(tt.files)), hostArgs{}),
				tagged: tt.tagged, requested: []string{tt.manager}, packages: value.NewDict()}
			got, err := s.run()
			if err != nil {
				got = value.DictOf("failed", true, "msg", err.Error())
			}
			if s.warnings != nil {
				got.SetStr("warnings", textList(s.warnings))
			}
			if d := cmp.Diff(plain(tt.want), plain(got)); d != "" {
				t.Error(d)
			}
		})
	}
}

// FuzzPackages reads what tools may print.
func FuzzPackages(f *testing.F) {
	files, _ := filepath.Glob("testdata/packages/*.txtar")
	for _, n := range files {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, _ = pacmanDetails(text)
		_, _ = pkgDetails(strings.Split(text, "\t"))
		sys := &System{Exec: func(context.Context, []string, []string) Output { return Output{Stdout: text} }}
		for _, m := range packageManagers {
			for _, python := range []string{"", "/usr/bin/python3"} {
				s := &packageScan{ctx: context.Background(), sys: sys, packages: value.NewDict()}
				_, _ = s.installed(m, python)
			}
		}
	})
}
