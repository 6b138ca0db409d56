package python

import "pbc/ir/failure"

// Notice is what an evaluation has to tell the user beside its result: a warning, or a deprecation.
type Notice struct {
	*failure.Failure
	Deprecated bool
	// Version is the ansible-core that will be without what is deprecated, in dialect tagged; empty where the text says it.
	Version string
	// Collection is the one that what is deprecated goes from, after Date; empty is ansible-core itself.
	Collection, Date string
}

// Warning is a notice of text alone.
func Warning(text string) Notice { return Notice{Failure: failure.New(text)} }

// Deprecation is a notice that what text says goes with a version of ansible-core.
func Deprecation(text, version string) Notice {
	return Notice{Failure: failure.New(text), Deprecated: true, Version: version}
}
