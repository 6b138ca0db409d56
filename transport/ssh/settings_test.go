package ssh

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pbc/transport"
)

func TestReadArguments(t *testing.T) {
	for _, tt := range []struct {
		name string
		args []string
		want map[string][]string // nil: ssh -G must be asked
	}{
		{"none", nil, map[string][]string{}},
		{"Ansible's default", defaultArgs, map[string][]string{"controlmaster": {"auto"}, "controlpersist": {"60s"}}},
		{"common", []string{"-o", "StrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null"},
			map[string][]string{"stricthostkeychecking": {"no"}, "userknownhostsfile": {"/dev/null"}}},
		{"the first value counts", []string{"-p", "1", "-o", "Port=2", "-p3"}, map[string][]string{"port": {"1"}}},
		{"every key counts", []string{"-i", "/dev/null", "-o", `IdentityFile="b"`}, map[string][]string{"identityfile": {"/dev/null", "b"}}},
		{"space for equals", []string{"-o", "User me"}, map[string][]string{"user": {"me"}}},
		{"jump", []string{"-J", "bastion"}, nil},
		{"proxy", []string{"-o", "ProxyCommand=nc %h %p"}, nil},
		{"token", []string{"-i", "~/.ssh/%h"}, nil},
		{"another file", []string{"-F", "cfg"}, nil},
		{"a word alone", []string{"-o"}, nil},
		{"a missing key", []string{"-i", "/nosuch/key"}, nil},
		{"no value", []string{"-o", "Port"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := readArguments(tt.args)
			if d := cmp.Diff(tt.want, got); d != "" || ok != (tt.want != nil) {
				t.Errorf("%v %s", ok, d)
			}
		})
	}
}

// What is read here must be what ssh itself reads.
func TestArgumentsReadAsSSHDoes(t *testing.T) {
	home := t.TempDir()
	for _, tt := range []struct {
		name string
		t    transport.Target
	}{
		{"nothing said", transport.Target{}},
		{"variables", transport.Target{User: "u", Port: 2222, KeyFile: "/k", AcceptAnyHostKey: true}},
		{"arguments before variables", transport.Target{User: "u", SSHArgs: []string{"-o", "User=first", "-o", "Port=7"}}},
		{"variables before arguments", transport.Target{User: "u", Port: 5, ExtraArgs: []string{"-l", "last", "-p", "6", "-i", "/dev/null"}, KeyFile: "/k"}},
		{"known hosts", transport.Target{ExtraArgs: []string{"-o", "UserKnownHostsFile=/a /b", "-o", "StrictHostKeyChecking=accept-new", "-o", "HostKeyAlias=x"}}},
		{"keys", transport.Target{ExtraArgs: []string{"-o", "IdentitiesOnly=yes", "-o", "IdentityFile=/x", "-i", "/dev/null"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.t.Addr = "host.example"
			s := &Shell{Home: home}
			set := defaults(tt.t, home, "nobody")
			mine, ok := readArguments(argv(tt.t))
			if !ok {
				t.Fatal("not read")
			}
			theirs, err := s.ask(t.Context(), tt.t, append([]string{"-F", "none"}, append(argv(tt.t), tt.t.Addr)...))
			if err != nil {
				t.Fatal(err)
			}
			got, want := *set, *set
			got.apply(mine, home)
			want.apply(theirs, home)
			if tt.t.User == "" { // ssh -G fills in who runs it, where its files are, and the default keys
				want.user = got.user
			}
			if _, ok := mine["identityfile"]; !ok {
				want.keys = got.keys
			}
			if _, ok := mine["userknownhostsfile"]; !ok {
				want.userKnown = got.userKnown
			}
			if d := cmp.Diff(summary(&want), summary(&got)); d != "" {
				t.Error(d)
			}
		})
	}
}

func summary(s *settings) map[string]any {
	strict := s.strict
	if strict == "true" {
		strict = "yes"
	}
	return map[string]any{"addr": s.addr, "as": s.knownAs, "port": s.port, "user": s.user, "keys": s.keys, "only": s.keysOnly,
		"known": s.userKnown, "global": s.globalKnown, "strict": strict}
}
