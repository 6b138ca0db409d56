// Package posix is what modules know of the system under them: accounts by name and number without
// libc, permission bits in numbers and symbols, paths expanded as Python expands them, and system
// errors in the words of C. It changes nothing and knows no module.
package posix
