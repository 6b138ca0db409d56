// Package callback turns the events of a run into what people and programs read: the screen output of
// Ansible's callback plugins (default, minimal, oneline, json, junit ...), the event log, and the live
// status line of a terminal.
//
// Vocabulary: an Event is one thing a run says, already in the order the user is to see; a Callback
// consumes events; a Screen is the pair of standard output and standard error with Ansible's rules for
// colours, banners, wrapped warnings and verbosity.
//
// Invariants: events arrive one at a time, in linear order. Results arrive as the controller has them,
// with the internal _ansible_* keys; what no_log hides is removed here, before anything is printed. No
// callback changes an event, nor keeps a reference to its values when it has been handled.
//
// The package does not know how a result came to be, and decides nothing about the run.
package callback
