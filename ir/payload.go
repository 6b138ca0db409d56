package ir

// Payload is a module that is not native, as a host gets it: what it is called, how it is started, and the
// blobs that hold its files.
type Payload struct {
	Name   string // the module's name as the task calls it
	Module string // the dotted name of the module in Python, for StylePython
	File   string // the name of its file, without folders
	Style  Style
	// Interpreter is what runs the file, with arguments, as its first line says; none for a binary.
	Interpreter []string
	// Base and Own are the digests of bundles (see compiler/payload): the files that every module in Python
	// imports, and the others that this one needs. Only StylePython has a Base.
	Base, Own string
	// Origins are the controller's paths of files of Own that are not ansible-core's, by their paths in the bundle: dialect
	// tagged tells them of files that are no Python. Nil in dialect classic.
	Origins map[string]string
	// Internal are the arguments whose names begin with _ansible_ that are the same for all tasks of a host: a
	// *value.Dict.
	Internal Val
	// OpenFiles is how many files the module may have open as the setting has it, which may be a template; Limit is what
	// comes of it, 0 for the system's own.
	OpenFiles Val
	Limit     int
}

// Style is how a module takes its arguments.
type Style uint8

// The styles of modules.
//
// Ansible docs: "Types of modules".
const (
	StylePython   Style = iota + 1 // from ansible.module_utils.basic
	StyleReplaced                  // written into the file, in place of a marker
	StyleJSON                      // a file of JSON, named on the command line
	StyleOld                       // the same with k=v
	StyleBinary                    // no text: a file of JSON
)
