package version

import "testing"

func TestSatisfies(t *testing.T) {
	tests := []struct {
		name, specifiers, version string
		want                      bool
		fault                     string
	}{
		{"none", "", "2.14.18", true, ""},
		{"at least", ">=2.9.10", "2.14.18", true, ""},
		{"a series", ">=2.9, <2.10", "2.14.18", false, ""},
		{"not yet", ">=2.25.0", "2.14.18", false, ""},
		{"but one", ">=2.14,!=2.14.18", "2.14.18", false, ""},
		{"but a series", "!=2.14.*", "2.14.18", false, ""},
		{"a series only", "==2.14.*", "2.14.18", true, ""},
		{"compatible", "~=2.14.0", "2.14.18", true, ""},
		{"compatible with an older one", "~=2.13.0", "2.14.18", false, ""},
		{"equal with zeroes", "==2.14", "2.14.0", true, ""},
		{"a beta", ">=2.14.0b1", "2.14.18", true, ""},
		{"text", "=== 2.14.18", "2.14.18", true, ""},
		{"no operator", "nonsense", "2.14.18", false, "Invalid specifier: 'nonsense'"},
		{"no version", ">=", "2.14.18", false, "Invalid specifier: '>='"},
		{"compatible with nothing", "~=2", "2.14.18", false, "Invalid specifier: '~=2'"},
		{"a bad one behind", ">=2.9,2.10", "2.14.18", false, "Invalid specifier: '2.10'"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := Satisfies(test.specifiers, test.version)
			fault := ""
			if err != nil {
				fault = err.Error()
			}
			if got != test.want || fault != test.fault {
				t.Errorf("got %v %q, want %v %q", got, fault, test.want, test.fault)
			}
		})
	}
}
