# Two commands set everything up: `make demo` and `make test`. See README.md.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test faults dist dist-test man audit lock clean

demo: .venv/app
	@if [ -t 0 ] && [ -t 1 ]; then $(BIN)/tui-tagger demo; else $(BIN)/tui-tagger demo --headless; fi

test: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -n auto --dist loadgroup

# Processes killed, disks full, databases broken: ten times, each time at other moments.
faults: .venv/dev
	$(BIN)/python -m benchmarks.faults

# The standalone program: a folder, and one file that unpacks once. packaging/tui-tagger.spec is for both systems.
dist: .venv/dist
	$(BIN)/python -m tools.standalone

dist-test: dist
	$(BIN)/python -m pytest tests/packaging

# Needs the network: known vulnerabilities of what requirements.lock pins. --strict: a package that nobody knew anything
# about is no clean one. PyPI does not know the CPU builds by their own version.
audit: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[audit]'
	sed 's/+cpu / /' requirements.lock >.venv/audit.txt
	$(BIN)/pip-audit --strict --require-hashes --disable-pip -r .venv/audit.txt

lock: .venv/dev
	$(BIN)/python -m pip install --quiet --editable '.[lock]'
	$(BIN)/python -m tools.build_lock

man: .venv/dev
	$(BIN)/python -m tools.build_manpage

.venv/app: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

.venv/dev: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch .venv/app $@

.venv/dist: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --editable '.[dev,dist,raw]'
	@touch .venv/app .venv/dev $@

clean:
	rm -rf .venv dist build
