# make conformance: all scenarios against the real ansible-playbook of either dialect, then the scores per area. Fails when a
# scenario of conformance/agreed.txt or agreed.tagged.txt no longer agrees.
.PHONY: conformance
conformance:
	@score=$$(mktemp); go test ./conformance -count=1 -timeout 40m -args -score=$$score; status=$$?; \
	echo 'dialect classic'; cat $$score; echo; echo 'dialect tagged'; cat $$score.tagged; rm -f $$score $$score.tagged; exit $$status

# make integration: the integration targets of a checkout of ansible-core CORE, with pbc in the place of its ansible-playbook, which ANSIBLE
# names; then the record of their outcomes, conformance/integration/CORE.tsv, and what docs/conformance.md tells of them. INTEGRATION is the
# program that runs targets: it takes --checkout, --runner, --tsv and the names of targets. It is not part of this repository.
CORE ?= 2.14
ANSIBLE ?= ansible-playbook
CHECKOUT ?=
INTEGRATION ?=
.PHONY: integration
integration:
	@test -n '$(INTEGRATION)' -a -n '$(CHECKOUT)' || { echo 'make integration CHECKOUT=an ansible-core checkout INTEGRATION=a program that runs its targets [CORE=2.14 ANSIBLE=its ansible-playbook]' >&2; exit 2; }
	$(GO) build -o $(BUILD)/pbc ./cmd/pbc
	-PBC_ANSIBLE="$$(command -v '$(ANSIBLE)')" $(INTEGRATION) --checkout '$(CHECKOUT)' --runner '$(abspath $(BUILD))/pbc playbook' --tsv $(BUILD)/integration.tsv $$(grep -v '^#' conformance/integration/$(CORE).tsv | grep -v '	skip	' | cut -f 1)
	$(GO) run ./internal/docgen -core $(CORE) -integration $(BUILD)/integration.tsv

# make random: PLAYS random plays from seed SEED on, by the real ansible-playbook of either dialect and by pbc. One in which they differ is
# shown as small as it can be made, as a scenario.
PLAYS ?= 200
SEED ?= 1
.PHONY: random
random:
	go test ./conformance -count=1 -v -timeout 0 -run 'TestRandomPlays' -args -random.plays=$(PLAYS) -random.seed=$(SEED)
