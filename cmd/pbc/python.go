package main

import "pbc/ir/value"

// moduleInternals are the arguments of modules in Python that Ansible adds to those of the task and that are the
// same for all tasks.
func (s *session) moduleInternals() *value.Dict {
	d := value.DictOf("_ansible_debug", s.conf.Bool("DEFAULT_DEBUG"), "_ansible_syslog_facility", s.conf.String("DEFAULT_SYSLOG_FACILITY"),
		"_ansible_selinux_special_fs", textList(s.conf.List("DEFAULT_SELINUX_SPECIAL_FS")), "_ansible_string_conversion_action", s.conf.String("STRING_CONVERSION_ACTION"),
		"_ansible_socket", nil, "_ansible_shell_executable", s.conf.String("DEFAULT_EXECUTABLE"),
		"_ansible_keep_remote_files", s.conf.Bool("DEFAULT_KEEP_REMOTE_FILES"), "_ansible_remote_tmp", s.conf.String("sh.remote_tmp"),
		"_ansible_ignore_unknown_opts", false, "_ansible_target_log_info", nilIfEmpty(s.conf.String("TARGET_LOG_INFO")), "_ansible_tracebacks_for", value.NewList())
	if s.conf.Bool("DEFAULT_NO_TARGET_SYSLOG") {
		d.SetStr("_ansible_no_log", true)
	}
	return d
}
