package fact

import "fmt"

// errMalformed reports a file at which Ansible's collector fails too, and with it its facts.
func errMalformed(path, line string) error { return fmt.Errorf("%s: cannot read %q", path, line) }
