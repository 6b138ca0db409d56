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
// A run is wired so:
//
//	o, err := callback.ReadOptions(lookup)            // settings; then the command line's part of them
//	s := callback.OpenScreen(os.Stdout, os.Stderr, o, os.Getenv)
//	cb, err := callback.New(s, o)                     // stdout_callback and callbacks_enabled
//	cb = callback.Join(cb, callback.NewEventLog(file)) // where an event log is wanted
//	cb.Handle(event) …; err = cb.Close()
//
// What the real Ansible prints for the same events is recorded in testdata: scenarios are played by
// testdata/record.py, and the tests expect every byte of it.
//
// The package does not know how a result came to be, and decides nothing about the run.
package callback
