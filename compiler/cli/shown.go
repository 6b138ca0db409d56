package cli

import "pbc/ir/value"

// Shown are the options as -vvvv tells of them, by the names and in the order that argparse gives them in Ansible.
//
// Observed: scenarios/cli/verbose_4.txtar.
func (p *Playbook) Shown(tagged bool) *value.Dict {
	var timeout value.Value = int64(p.Timeout)
	if tagged && !p.Given("timeout") {
		timeout = nil
	}
	d := value.DictOf("verbosity", int64(p.Verbosity), "private_key_file", p.PrivateKeyFile, "remote_user", p.RemoteUser,
		"connection", p.Connection, "timeout", timeout, "ssh_common_args", p.SSHCommonArgs, "sftp_extra_args", p.SFTPExtraArgs,
		"scp_extra_args", p.SCPExtraArgs, "ssh_extra_args", p.SSHExtraArgs, "ask_pass", p.AskPass,
		"connection_password_file", p.ConnectionPasswordFile, "force_handlers", p.ForceHandlers)
	more := func(pairs ...value.Value) {
		for i := 0; i < len(pairs); i += 2 {
			_ = d.Set(pairs[i], pairs[i+1]) // a text can be a key
		}
	}
	if !tagged {
		more("flush_cache", p.FlushCache)
	}
	more("become", p.Become, "become_method", p.BecomeMethod, "become_user", p.BecomeUser, "become_ask_pass", p.AskBecomePass,
		"become_password_file", p.BecomePasswordFile, "tags", tuple(p.Tags), "skip_tags", tuple(p.SkipTags), "check", p.Check, "diff", p.Diff,
		"inventory", tuple(p.Inventory), "listhosts", p.ListHosts, "subset", p.Limit)
	if tagged {
		more("flush_cache", p.FlushCache)
	}
	more("extra_vars", tuple(p.ExtraVars), "vault_ids", tuple(p.VaultIDs), "ask_vault_pass", p.AskVaultPass,
		"vault_password_files", tuple(p.VaultPasswordFiles), "forks", int64(p.Forks), "module_path", tuple(p.ModulePath),
		"syntax", p.Syntax, "listtasks", p.ListTasks, "listtags", p.ListTags, "step", p.Step, "start_at_task", p.StartAtTask,
		"args", tuple(p.Playbooks))
	return d
}

func tuple(texts []string) value.Tuple {
	out := make(value.Tuple, len(texts))
	for i, s := range texts {
		out[i] = s
	}
	return out
}
