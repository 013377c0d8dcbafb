.DEFAULT_GOAL := help
.PHONY: help install test faults soak conformance demo check build bench chart deploy-tools deploy-check

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: ## Install the dependencies, unless they are up to date
	@sh scripts/install.sh

test: install ## Start what the tests need (PostgreSQL, RabbitMQ, Sqitch, Go) and run them all
	@npm run --silent test

faults: install ## Run the fault tests in their long forms; only=<file> for one, write=1 to note the figures
	@npm run --silent faults -- $(if $(write),--write) $(only)

soak: install ## Load two gateways for ten minutes while one fault follows another
	@npm run --silent faults -- --soak $(if $(write),--write)

conformance: install ## Let the official MCP referee test a gateway
	@npm run --silent conformance

demo: install ## Watch a tool call go through actors, without anything installed
	@npm run --silent demo

check: install ## Check format, lint, types and dead code
	@npm run --silent check

build: install ## Compile to dist/
	@npm run --silent build

bench: install ## Measure the gateway, beside its peer and the official SDK, into docs/performance.md
	@npm run --silent bench

chart: install ## Bring the chart's copy of db/ and its README up to date
	@npm run --silent chart

deploy-tools: install ## Build Helm and the validators that the tests of deploy/ use (needs Go)
	@npm run --silent deploy-tools

deploy-check: deploy-tools ## Test what is in deploy/: chart, migrations, containers' commands, Compose
	@npm run --silent test -- test/deploy
