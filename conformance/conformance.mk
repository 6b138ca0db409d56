# make conformance: all scenarios against the real ansible-playbook, then the score per area. Fails when a scenario of
# conformance/agreed.txt no longer agrees.
.PHONY: conformance
conformance:
	@score=$$(mktemp); go test ./conformance -count=1 -timeout 30m -args -score=$$score; status=$$?; \
	cat $$score; rm -f $$score; exit $$status
