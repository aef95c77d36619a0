"""What the doctor says of small extension modules, each with one property."""

from __future__ import annotations

import sys

import pytest

from subinterp_kernel.doctor import examine, item_runs

DECLARED = {
    "own_gil": "own-gil",
    "shared_gil": "shared-gil",
    "unsupported": "none",
    "absent": "absent",
    "single_phase": "single-phase",
    "limited": "own-gil",
}


@pytest.mark.parametrize(("name", "declared"), DECLARED.items())
def test_what_a_module_declares_is_read(examine_sample, name, declared):
    package = examine_sample(name, "declared")
    assert package.levels.declared == declared
    assert (package.levels.imports, package.levels.survives, package.levels.private) == (None, None, None)


@pytest.mark.skipif(sys.version_info < (3, 15), reason="PEP 793 came with Python 3.15")
def test_an_export_function_is_called_for_its_slots(examine_sample):
    assert examine_sample("exports", "declared").levels.declared == "absent"


def test_a_module_that_supports_own_gils_survives(examine_sample):
    levels = examine_sample("own_gil", "survives").levels
    assert (levels.imports, levels.survives, levels.private, levels.tests) == (True, True, True, None)


def test_a_module_with_the_stable_abi_survives(examine_sample):
    assert examine_sample("limited", "survives").levels.survives is True


@pytest.mark.parametrize("name", ["shared_gil", "unsupported", "absent", "single_phase"])
def test_a_module_that_refuses_works_from_private_copies(examine_sample, name):
    package = examine_sample(name, "survives")
    assert (package.levels.imports, package.levels.survives, package.levels.private) == (False, None, True)
    assert package.modules[0].refused_because


def test_a_shared_object_is_caught_at_survives(examine_sample):
    package = examine_sample("lies", "survives")
    assert (package.levels.declared, package.levels.imports, package.levels.survives) == ("own-gil", True, False)
    assert "survives: lies.things is one object for several interpreters" in package.findings
    assert any("private" in advice for advice in package.advice)


def test_a_class_in_a_c_variable_is_caught_at_survives(examine_sample):
    package = examine_sample("static_class", "survives")
    assert package.levels.survives is False
    assert "survives: static_class.Thing is one object for several interpreters" in package.findings


def test_values_that_differ_are_caught_at_survives(examine_sample):
    package = examine_sample("differs", "survives")
    assert package.levels.survives is False
    assert "survives: differs.count differs between interpreters" in package.findings


def test_a_crash_at_the_import_is_a_finding_with_its_signal(examine_sample):
    package = examine_sample("crashes_on_import", "survives")
    assert (package.levels.declared, package.levels.imports, package.levels.survives) == ("own-gil", False, None)
    assert any("crashes (SIGABRT" in finding for finding in package.findings)


def test_a_crash_of_the_init_function_leaves_the_declaration_open(examine_sample):
    package = examine_sample("crashes_in_init", "declared")
    assert package.levels.declared is None
    assert package.modules[0].refused_because.startswith("its init function crashes (SIGABRT")


def test_a_crash_at_the_end_of_an_interpreter_is_a_finding(examine_sample):
    package = examine_sample("crashes_on_destroy")
    assert package.levels.imports is False
    assert any("crashes (SIGABRT" in finding and "ends" in finding for finding in package.findings)


def test_a_module_that_never_returns_is_stopped(examine_sample):
    package = examine_sample("hangs", timeout=10)
    assert package.levels.imports is False
    assert any("hangs was not done after 10 s" in finding for finding in package.findings)


def test_what_was_not_tried_counts_neither_way(site, built, monkeypatch):
    monkeypatch.setattr(item_runs, "_MOST_DEATHS", 0)
    site.install("own_gil", *built.glob("own_gil.*"))
    package = examine("own_gil", level="survives", cycles=2).packages[0]
    assert (package.levels.imports, package.levels.survives, package.levels.private) == (None, None, None)
    assert "imports: own_gil: not tried" in package.findings
