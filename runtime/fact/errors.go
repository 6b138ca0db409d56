package fact

import "fmt"

// errMalformed reports a file at which Ansible's collector fails too, and with it its facts.
func errMalformed(path, line string) error { return fmt.Errorf("%s: cannot read %q", path, line) }

// errNeeded reports that a fact that another is made of is not there.
func errNeeded(name, needed string) error { return fmt.Errorf("%s: no fact %s", name, needed) }
