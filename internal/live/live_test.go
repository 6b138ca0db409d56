package live

import "testing"

// ending notes how a test was ended.
type ending struct{ how string }

func (e *ending) Helper()               {}
func (e *ending) Name() string          { return "TestSomething" }
func (e *ending) Fatalf(string, ...any) { e.how += "failed "; panic(e) }
func (e *ending) SkipNow()              { e.how += "skipped "; panic(e) }

func TestAnsibleMissing(t *testing.T) {
	for _, tt := range []struct{ name, ci, want string }{
		{"in CI", "true", "failed "},
		{"elsewhere", "", "skipped "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			t.Setenv("CI", tt.ci)
			e := &ending{}
			defer func() {
				if r := recover(); r != e || e.how != tt.want {
					t.Errorf("ended %q with %v, want %q", e.how, r, tt.want)
				}
			}()
			Ansible(e)
		})
	}
}
