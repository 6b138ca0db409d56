# make conformance: all scenarios against the real ansible-playbook of either dialect, then the scores per area. Fails when a
# scenario of conformance/agreed.txt or agreed.tagged.txt no longer agrees.
.PHONY: conformance
conformance:
	@score=$$(mktemp); go test ./conformance -count=1 -timeout 40m -args -score=$$score; status=$$?; \
	echo 'dialect classic'; cat $$score; echo; echo 'dialect tagged'; cat $$score.tagged; rm -f $$score $$score.tagged; exit $$status
