# make demo | test | faults | fuzz | cpython-tests | soak | numpy-tests | life | packages | browser | lab | lint | bench
#      results | memcheck | cpp-tests | tsan | clean
# make test PYTEST_ARGS="-k memory"                             for a part of the tests
# make PYTHON=/path/to/python3.14 VENV=.venv-3.14 test          for another Python

VENV ?= .venv
PYTHON ?=
PYTEST_ARGS ?=
# Processes that run tests at the same time; PYTEST_ARGS="-n0 --pdb" runs them in one, with a debugger.
WORKERS ?= 4
LAB_ARGS ?=
SECONDS ?= 600

BIN := $(VENV)/bin
NOTEBOOK := notebooks/01_thinking_outside_the_gil.ipynb
SOURCES := pyproject.toml kernel.json README.md LICENSE $(shell find cython_ext logos subinterp_kernel -type f \
  -not -path '*/__pycache__/*' -not -path 'cython_ext/tests/*')
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check --no-input

.PHONY: demo test faults fuzz cpython-tests soak numpy-tests life packages browser lab lint bench results memcheck cpp-tests tsan run-cpp-tests clean
.DELETE_ON_ERROR:

# Tests and notebooks use the installed package. The source folder, which has no compiled parts, must not come before it
# on sys.path: so no `python -m` here, and pytest has another working directory.

demo: $(VENV)/.has-test
	$(BIN)/subinterp-run $(NOTEBOOK)

test: $(VENV)/.has-test $(VENV)/.has-packages
	$(PIP) install 'build>=1.2'
	bin=$$(cd $(BIN) && pwd) && export SUBINTERP_WHEEL=$$(echo "$$bin"/../wheel/*.whl) && cd tests && \
	  "$$bin/pytest" -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST_ARGS) .

# JupyterLab in Chromium, which must be installed; `make test` skips these tests without it.
browser: $(VENV)/.has-browser
	bin=$$(cd $(BIN) && pwd) && cd tests && SUBINTERP_BROWSER=required "$$bin/pytest" -m browser $(PYTEST_ARGS) .

# Faults in cells, each followed by a check of the kernel and of the other interpreters; takes some minutes.
faults: $(VENV)/.has-test
	bin=$$(cd $(BIN) && pwd) && cd tests && "$$bin/pytest" -m faults $(PYTEST_ARGS) notebook/kernel/test_faults.py

# Each property of tests/fuzz/ with random examples for some time; `make test` tries a few fixed ones.
fuzz: SECONDS = 120
fuzz: $(VENV)/.has-test
	bin=$$(cd $(BIN) && pwd) && cd tests && SUBINTERP_FUZZ_SECONDS=$(SECONDS) "$$bin/pytest" $(PYTEST_ARGS) fuzz

# CPython's own tests of the standard library in cells; takes about 15 minutes.
cpython-tests: $(VENV)/.has-test
	bin=$$(cd $(BIN) && pwd) && cd tests && "$$bin/pytest" -m cpython $(PYTEST_ARGS) worker/test_cpython_tests.py

lab: $(VENV)/.has-lab
	$(BIN)/jupyter-lab --notebook-dir=notebooks $(LAB_ARGS)

lint: $(VENV)/.has-dev
	@PATH="$$(cd $(BIN) && pwd):$$PATH"; failed=; \
	check() { echo "$$*"; "$$@" || failed="$$failed $$1"; }; \
	check ruff check .; \
	check ruff format --check .; \
	check cython-lint $$(git ls-files "cython_ext/*.pyx" "cython_ext/*.pxd"); \
	check mypy; \
	check lint-imports --no-logo; \
	check clang-format --dry-run -Werror $$(git ls-files "cython_ext/*.cpp" "cython_ext/*.hpp" ":!cython_ext/third_party"); \
	check codespell; \
	[ -z "$$failed" ] || { echo "lint failed:$$failed" >&2; exit 1; }

bench: $(VENV)/.has-test
	$(BIN)/python $(firstword $(wildcard benchmarks/run_all.py) benchmarks)

# Pools of interpreters beside processes, threads and other packages, as tables and plots; benchmarks/compare.py has the options,
# such as RESULTS_ARGS=--quick.
RESULTS_ARGS ?=

results: $(VENV)/.has-test $(VENV)/.has-packages
	$(BIN)/python benchmarks/compare.py $(RESULTS_ARGS)

# Two clients use one kernel at random; the last line has the figures.
soak: $(VENV)/.has-test
	$(BIN)/python -P tests/soak/soak.py $(SECONDS)

# NumPy's own tests inside two interpreters at once: all modules of the list in numpy_suite.py, or those of NUMPY_TESTS.
NUMPY_TESTS ?=

numpy-tests: $(VENV)/.has-test
	$(BIN)/python -P tests/extensions/numpy_suite.py $(NUMPY_TESTS)

# Interpreters with NumPy and pandas at random, with interrupts and forks; the last line has the figures.
life: $(VENV)/.has-test $(VENV)/.has-packages
	$(BIN)/python -P tests/extensions/life.py $(SECONDS)

# The packages of docs/packages.txt, as far as there are wheels for this Python, measured by the doctor in an environment
# of their own: takes about half an hour. `python -m subinterp_kernel.doctor table build/packages-*.json` makes
# docs/packages.md of the files of several Pythons.
PACKAGES_JSON ?= build/packages-$(shell uname -m)-$(notdir $(or $(PYTHON),python)).json

packages:
	$(MAKE) VENV=.venv-packages .venv-packages/.has-test
	.venv-packages/bin/python -m pip -q install --only-binary :all: -r docs/packages.txt || \
	  for name in $$(cat docs/packages.txt); do \
	    .venv-packages/bin/python -m pip -q install --only-binary :all: $$name || echo "not measured: $$name"; \
	  done
	mkdir -p $(dir $(PACKAGES_JSON))
	.venv-packages/bin/python -m pip list --format=freeze | sed 's/==.*//' | grep -ixFf docs/packages.txt | \
	  xargs .venv-packages/bin/subinterp-kernel doctor --level survives --json $(PACKAGES_JSON)

# The tests of shared memory, of the loader and of NumPy inside, under AddressSanitizer and UndefinedBehaviorSanitizer,
# in a separate environment.
# Leak detection is off: CPython frees much memory only at exit, and the tests count shared objects themselves.
# The allocator of AddressSanitizer may be locked for ever in a forked child, so one test is left out.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1
MEMORY_TESTS := shared extensions/test_importer.py extensions/test_libraries.py extensions/test_numpy.py

memcheck:
	CXXFLAGS="$(SANITIZE)" $(MAKE) VENV=.venv-sanitized .venv-sanitized/.has-test
	bin=$$(cd .venv-sanitized/bin && pwd) && cd tests && \
	  LD_PRELOAD="$$(c++ -print-file-name=libasan.so) $$(c++ -print-file-name=libstdc++.so)" PYTHONMALLOC=malloc \
	  ASAN_OPTIONS=detect_leaks=0:abort_on_error=1 UBSAN_OPTIONS=print_stacktrace=1 \
	  "$$bin/pytest" -k "not forks_in_main" $(PYTEST_ARGS) $(MEMORY_TESTS)

# Programs in C++ that use the parts without Python from several threads: under AddressSanitizer (with leak detection)
# and UndefinedBehaviorSanitizer, and under ThreadSanitizer. A report of a sanitizer is a failure.
PARALLEL := -j$(shell getconf _NPROCESSORS_ONLN)

cpp-tests:
	$(MAKE) $(PARALLEL) run-cpp-tests CPP_BUILD=build/cpp-tests CPP_FLAGS="$(SANITIZE)"

tsan:
	$(MAKE) $(PARALLEL) run-cpp-tests CPP_BUILD=build/tsan CPP_FLAGS="-fsanitize=thread -fno-omit-frame-pointer -g -O1"

CPP_BUILD ?= build/cpp-tests
NEEDS_PYTHON := control/interrupt.cpp control/lifecycle.cpp control/platform_thread.cpp shared/capsule.cpp \
  shared/queue_serialization.cpp
CPP_CORE := $(filter-out $(NEEDS_PYTHON:%=cython_ext/%),$(wildcard cython_ext/control/*.cpp cython_ext/shared/*.cpp)) \
  $(wildcard cython_ext/extensions/elf_*.cpp) cython_ext/extensions/page_sharing.cpp cython_ext/tests/fork_handlers.cpp
CPP_HEADERS := $(wildcard cython_ext/*/*.hpp)
CPP_TESTS := $(basename $(notdir $(wildcard cython_ext/tests/test_*.cpp)))
CPP_COMPILE = $(CXX) -std=c++17 -Wall -Wextra -Werror -pthread -Icython_ext $(CPP_FLAGS)

run-cpp-tests: $(CPP_TESTS:%=$(CPP_BUILD)/%)
	@failed=; for program in $^; do \
	  echo "$$program"; timeout 120 "$$program" || failed="$$failed $$program"; \
	done; \
	[ -z "$$failed" ] || { echo "failed:$$failed" >&2; exit 1; }

.PRECIOUS: $(CPP_BUILD)/%.o

$(CPP_BUILD)/%.o: cython_ext/%.cpp $(CPP_HEADERS)
	@mkdir -p $(@D)
	$(CPP_COMPILE) -c $< -o $@

$(CPP_BUILD)/test_%: cython_ext/tests/test_%.cpp $(CPP_CORE:cython_ext/%.cpp=$(CPP_BUILD)/%.o) $(CPP_HEADERS)
	$(CPP_COMPILE) $(filter-out %.hpp,$^) -o $@

clean:
	rm -rf $(VENV) .venv-sanitized build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

# An existing environment is used if its Python is suitable.
$(VENV)/.made:
	@if [ -x $(BIN)/python ]; then \
	  sh .ci/find-python $(BIN)/python >/dev/null || { echo "Remove $(VENV) (make clean) and try again." >&2; exit 1; }; \
	else python=$$(sh .ci/find-python $(PYTHON)) && echo "making $(VENV) with $$python" && "$$python" -m venv $(VENV); fi
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip
	@touch $@

# The wheel is built once; extras are installed separately.
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
