# make demo | test | browser | lab | lint | bench | memcheck | clean        make test PYTEST_ARGS="-k memory"
# make PYTHON=/path/to/python3.14 VENV=.venv-3.14 test          for another Python

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?=
LAB_ARGS ?=

BIN := $(VENV)/bin
NOTEBOOK := notebooks/01_thinking_outside_the_gil.ipynb
SOURCES := pyproject.toml kernel.json README.md LICENSE $(wildcard cython_ext/* logos/* subinterp_kernel/*.py* \
  subinterp_kernel/py.typed subinterp_kernel/*/*.py*)
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

.PHONY: demo test browser lab lint bench memcheck clean
.DELETE_ON_ERROR:

# Tests and notebooks use the installed package. The source folder, which has no compiled parts, must not come before it
# on sys.path: so no `python -m` here, and pytest has another working directory.

demo: $(VENV)/.has-test
	$(BIN)/subinterp-run $(NOTEBOOK)

test: $(VENV)/.has-test
	$(PIP) install 'build>=1.2'
	bin=$$(cd $(BIN) && pwd) && cd tests && "$$bin/pytest" $(PYTEST_ARGS) .

# JupyterLab in a real Chromium; without one, which is an error here, the same tests are skipped by `make test`.
browser: $(VENV)/.has-browser
	bin=$$(cd $(BIN) && pwd) && cd tests && SUBINTERP_BROWSER=required "$$bin/pytest" -m browser $(PYTEST_ARGS) .

lab: $(VENV)/.has-lab
	$(BIN)/jupyter-lab --notebook-dir=notebooks $(LAB_ARGS)

lint: $(VENV)/.has-dev
	@PATH="$$(cd $(BIN) && pwd):$$PATH"; failed=; \
	check() { echo "$$*"; "$$@" || failed="$$failed $$1"; }; \
	check ruff check .; \
	check ruff format --check .; \
	check cython-lint cython_ext/*.pyx cython_ext/*.pxd cython_ext/*/*.pxd; \
	check mypy; \
	check clang-format --dry-run -Werror cython_ext/*.cpp cython_ext/*.hpp; \
	check codespell; \
	[ -z "$$failed" ] || { echo "lint failed:$$failed" >&2; exit 1; }

bench: $(VENV)/.has-test
	$(BIN)/python $(firstword $(wildcard benchmarks/run_all.py) benchmarks)

# What the tests of shared memory do, under AddressSanitizer and UndefinedBehaviorSanitizer, in an environment of its own.
# Leaks are not its business: CPython keeps much until the process ends, and the tests count shared objects themselves.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1
MEMORY_TESTS := test_memory.py test_array.py test_array_buffer.py test_array_lifetime.py test_atomic.py test_shared_machine.py \
  test_lock.py test_condition.py test_sync.py test_barrier.py test_queue.py test_queue_items.py test_queue_shutdown.py

memcheck:
	CXXFLAGS="$(SANITIZE)" $(MAKE) VENV=.venv-sanitized .venv-sanitized/.has-test
	bin=$$(cd .venv-sanitized/bin && pwd) && cd tests && \
	  LD_PRELOAD="$$(c++ -print-file-name=libasan.so) $$(c++ -print-file-name=libstdc++.so)" PYTHONMALLOC=malloc \
	  ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  "$$bin/pytest" $(PYTEST_ARGS) $(MEMORY_TESTS)

clean:
	rm -rf $(VENV) .venv-sanitized build dist .pytest_cache .mypy_cache .ruff_cache

# An environment that is already there is used if its Python will do.
$(VENV)/.made:
	@if [ -x $(BIN)/python ]; then \
	  sh .ci/find-python $(BIN)/python >/dev/null || { echo "Remove $(VENV) (make clean) and try again." >&2; exit 1; }; \
	else python=$$(sh .ci/find-python $(PYTHON)) && echo "making $(VENV) with $$python" && "$$python" -m venv $(VENV); fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@touch $@

# The wheel is built once, whatever extras are asked for afterwards.
$(VENV)/.installed: $(SOURCES) | $(VENV)/.made
	@sh .ci/find-compiler
	@echo "building subinterp_kernel (about half a minute)"
	@rm -rf $(VENV)/wheel
	$(PIP) wheel --no-deps --wheel-dir $(VENV)/wheel .
	$(PIP) install --force-reinstall --no-deps $(VENV)/wheel/*.whl
	@touch $@

$(VENV)/.has-%: pyproject.toml | $(VENV)/.installed
	@echo "installing what the package needs, with extra '$*'"
	@wheel=$$(echo $(VENV)/wheel/*.whl); $(PIP) install "$$wheel[$*]"
	@touch $@
