// Package crypt hashes passwords in the schemes of crypt(3) that Ansible's password_hash offers.
package crypt
