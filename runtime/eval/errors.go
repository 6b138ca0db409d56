package eval

import (
	"pbc/ir/failure"
	"pbc/runtime/exception"
)

// Error is the exception that an evaluation raised.
type Error = exception.Error

// The classes of Ansible's own errors.
const (
	AnsibleError        = exception.Ansible
	AnsibleLookupError  = exception.AnsibleLookup
	AnsibleOptionsError = exception.AnsibleOptions
)

// Failure is err as dialect tagged tells it, see exception.Failure.
func Failure(err error) *failure.Failure { return exception.Failure(err) }

// IsAnsible says whether err is one of Ansible's own errors, see exception.IsAnsible.
func IsAnsible(err error) bool { return exception.IsAnsible(err) }

// IsValueError says whether err is a ValueError or TypeError to Python, see exception.IsValueError.
func IsValueError(err error) bool { return exception.IsValueError(err) }

// IsUndefined says whether err is the use of an undefined variable.
func IsUndefined(err error) bool { return exception.IsUndefined(err) }
