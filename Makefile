.PHONY: setup demo test check
setup: ; @scripts/setup
demo: setup ; @.venv/bin/tunebook demo
test: setup ; @scripts/test
check: setup ; @scripts/check
