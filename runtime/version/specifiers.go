package version

import (
	"fmt"
	"strings"

	"pbc/ir/value"
	"pbc/runtime/python"
)

// specifierOperators are those of PEP 440, longest first.
var specifierOperators = []string{"===", "~=", "==", "!=", "<=", ">=", "<", ">"}

// Satisfies says whether a released version, such as "2.14.18", meets specifiers as Python's packages write them: ">=2.14,!=2.15.*,<2.19". The error is
// that of Python's package "packaging".
func Satisfies(specifiers, version string) (bool, error) {
	all := true
	for _, one := range strings.Split(specifiers, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		ok, valid := satisfies(one, version)
		if !valid {
			return false, fmt.Errorf("Invalid specifier: %s", value.StrRepr(one))
		}
		all = all && ok
	}
	return all, nil
}

func satisfies(specifier, version string) (ok, valid bool) {
	op := ""
	for _, o := range specifierOperators {
		if strings.HasPrefix(specifier, o) {
			op = o
			break
		}
	}
	wanted := strings.TrimSpace(specifier[len(op):])
	if op == "" || wanted == "" {
		return false, false
	}
	if op == "===" {
		return python.Lower(wanted) == python.Lower(version), true
	}
	if series, any := strings.CutSuffix(wanted, ".*"); any && (op == "==" || op == "!=") {
		_, err := pep440Key(series)
		return strings.HasPrefix(version+".", series+".") == (op == "=="), err == nil
	}
	c, err := comparePEP440(version, wanted)
	if err != nil {
		return false, false
	}
	switch op {
	case "==":
		return c == 0, true
	case "!=":
		return c != 0, true
	case "<=":
		return c <= 0, true
	case ">=":
		return c >= 0, true
	case "<":
		return c < 0, true
	case ">":
		return c > 0, true
	}
	series, last := cutLast(wanted)
	return c >= 0 && strings.HasPrefix(version+".", series+"."), last // ~=
}

// cutLast takes the last number off a version.
func cutLast(version string) (string, bool) {
	i := strings.LastIndexByte(version, '.')
	if i < 0 {
		return "", false
	}
	return version[:i], true
}
