// Package python does with values what Python does: operators, comparison, truth, iteration, items,
// attributes and methods, conversion from text, and formatting in its three kinds (format specs,
// str.format, the operator %). Errors have Python's classes and words.
//
// A function or method gets its arguments as a Call. Objects of other packages take part by
// implementing the small interfaces here: Callable, Mapping, Itemer and so on.
//
// It knows nothing of templates, filters or Ansible.
package python
