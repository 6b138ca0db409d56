package test

import (
	"pbc/ir/value"
	"pbc/runtime/exception"
	"pbc/runtime/python"
	"pbc/runtime/version"
)

func versionTest(c *python.Call) (value.Value, error) {
	if c.Opt(3, nil) != nil && c.Opt(4, nil) != nil {
		return nil, exception.FilterError("Cannot specify both 'strict' and 'version_type'")
	}
	for i, msg := range []string{"Input version value cannot be empty", "Version parameter to compare against cannot be empty"} {
		ok, err := python.Truth(c.Args[i])
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, exception.FilterError("%s", msg)
		}
	}
	compare := version.Loose
	strict, err := python.Truth(c.Opt(3, nil))
	if err != nil {
		return nil, err
	}
	if kind := c.Opt(4, nil); strict {
		compare = version.Strict
	} else if kind != nil && kind != "" {
		f, ok := version.Types[python.Str(kind)]
		if !ok {
			return nil, exception.While(exception.FilterError("Invalid version type (%s). Must be one of 'loose', 'strict', 'semver', 'semantic', 'pep440'", python.Str(kind)))
		}
		compare = f
	}
	operator, err := c.OptText(2, "eq")
	if err != nil {
		return nil, err
	}
	op, ok := version.Operators[operator]
	if !ok {
		return nil, exception.FilterError("Invalid operator type (%s). Must be one of '==', '=', 'eq', '<', 'lt', '<=', 'le', '>', 'gt', '>=', 'ge', '!=', '<>', 'ne'", operator)
	}
	n, err := compare(python.Str(c.Args[0]), python.Str(c.Args[1]))
	if err != nil {
		return nil, exception.While(exception.FilterError("Version comparison failed: %s", err))
	}
	return op(n), nil
}
