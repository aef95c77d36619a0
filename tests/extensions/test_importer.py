"""How an interpreter loads extension modules: as usual or from a private copy, by declaration and policy."""

from __future__ import annotations

import sys

import pytest
from extension_build import SUFFIX, build

import subinterp_kernel as sk

REFUSING = ["shared_gil", "none", "absent", "single_phase"]
PRIVATE_BYTES = "{name: nbytes for name, path, declaration, nbytes in importer.loaded()}"
DECLARATIONS = "{name: declaration for name, path, declaration, nbytes in importer.loaded()}"


def import_in(interpreter, name):
    interpreter.exec(f"import {name}\nfrom subinterp_kernel.extensions import importer")


def value(interpreter, expression):
    return interpreter.call(eval, expression)


def import_error(interpreter, name):
    with pytest.raises(sk.ExecutionFailed) as caught:
        interpreter.exec(f"import {name}")
    return caught.value.excinfo


@pytest.mark.parametrize("name", REFUSING)
def test_each_interpreter_has_its_own_variables_of_a_module_that_refuses(two, name):
    for interpreter in two:
        import_in(interpreter, name)
    start = value(two[0], f"{name}.increment()")
    assert [value(two[0], f"{name}.increment()") for _ in range(3)] == [start + 1, start + 2, start + 3]
    assert value(two[1], f"{name}.increment()") == start
    assert value(two[0], f"{name}.address()") != value(two[1], f"{name}.address()")


@pytest.mark.parametrize("name", REFUSING)
def test_a_private_copy_has_the_attributes_of_any_module(two, samples, name):
    import_in(two[0], name)
    path = str(samples / f"{name}{SUFFIX}")
    assert value(two[0], f"({name}.__name__, {name}.__file__, {name}.__spec__.origin)") == (name, path, path)
    assert value(two[0], PRIVATE_BYTES)[name] > 0
    assert value(two[0], DECLARATIONS)[name] == name


def test_a_module_that_declares_support_is_loaded_as_usual(two):
    for interpreter in two:
        import_in(interpreter, "own_gil")
    assert value(two[0], PRIVATE_BYTES)["own_gil"] == 0
    assert value(two[0], "own_gil.address()") == value(two[1], "own_gil.address()")


def test_the_init_function_runs_in_the_interpreter_that_imports(two):
    import_in(two[1], "single_phase")
    assert value(two[1], "single_phase.interpreter()") == two[1].id
    assert "single_phase" not in sys.modules


def test_a_private_copy_takes_its_interpreter_for_the_main_one(two):
    import_in(two[0], "single_phase")
    assert value(two[0], "single_phase.is_main()")


def test_a_single_phase_module_of_a_package_has_its_full_name(two):
    for interpreter in two:
        import_in(interpreter, "package.part")
    assert value(two[1], "(package.part.__name__, package.part.__spec__.name)") == ("package.part", "package.part")
    assert value(two[1], "package.part.__package__") == "package"


def test_a_single_phase_module_is_found_by_its_definition(two):
    for interpreter in two:
        import_in(interpreter, "single_phase")
        assert value(interpreter, "single_phase.found()")


@pytest.mark.parametrize("name", REFUSING)
def test_a_module_is_imported_again_after_it_was_removed(two, name):
    import_in(two[0], name)
    two[0].exec(f"import sys\nbefore = {name}\ndel sys.modules['{name}']\nimport {name}")
    assert value(two[0], f"{name} is not before and {name}.__name__") == name
    assert isinstance(value(two[0], f"{name}.increment()"), int)


@pytest.mark.parametrize("name", REFUSING)
def test_a_module_can_be_reloaded(two, name):
    import_in(two[0], name)
    two[0].exec(f"import importlib\nbefore = {name}.address()\nagain = importlib.reload({name})")
    assert value(two[0], f"(again is {name}, again.address() == before)") == (True, True)


def test_an_exception_of_the_init_function_is_raised_and_the_next_attempt_is_new(two):
    two[0].exec("import sys\nsys.refusal = 'not now'")
    for _ in range(2):
        failed = import_error(two[0], "none")
        assert (failed.type.__name__, failed.msg) == ("ValueError", "not now")
    assert value(two[0], "'none' in sys.modules") is False
    two[0].exec("del sys.refusal")
    import_in(two[0], "none")
    assert value(two[0], "none.increment()") == 2  # execute() has counted once


def test_a_module_in_a_file_of_another_name_has_no_init_function(samples, tmp_path, interpreter):
    (tmp_path / f"renamed{SUFFIX}").write_bytes((samples / f"none{SUFFIX}").read_bytes())
    interpreter.exec(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})")
    failed = import_error(interpreter, "renamed")
    assert failed.type.__name__ == "ImportError"
    assert failed.msg == "dynamic module does not define module export function (PyInit_renamed)"


def test_a_missing_symbol_is_named(two):
    failed = import_error(two[0], "missing_symbol")
    assert failed.type.__name__ == "ImportError"
    assert "function_that_no_library_has" in failed.msg


def test_a_module_for_another_python_is_not_found(samples, tmp_path, interpreter):
    (tmp_path / "other.cpython-312-x86_64-linux-gnu.so").write_bytes((samples / f"none{SUFFIX}").read_bytes())
    interpreter.exec(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})")
    failed = import_error(interpreter, "other")
    assert (failed.type.__name__, failed.msg) == ("ModuleNotFoundError", "No module named 'other'")


def test_a_name_that_is_not_ascii(samples, tmp_path, interpreter):
    init = "PyInitU_" + "zähler".encode("punycode").decode().replace("-", "_")
    build("counter.c", tmp_path / f"zähler{SUFFIX}", "-DMODULE=zaehler", "-DSINGLE_PHASE", f"-DINIT={init}")
    interpreter.exec(f"import sys\nsys.path.insert(0, {str(tmp_path)!r})")
    import_in(interpreter, "zähler")
    assert value(interpreter, "zähler.increment()") == 1
    assert value(interpreter, PRIVATE_BYTES)["zähler"] > 0


@pytest.mark.skipif(sys.version_info < (3, 15), reason="PEP 793 is new in Python 3.15")
def test_a_module_with_an_export_function(samples, tmp_path):
    build("counter.c", tmp_path / f"exported{SUFFIX}", "-DMODULE=exported", "-DEXPORTS")
    with sk.create(path=[tmp_path]) as first, sk.create(path=[tmp_path]) as second:
        for interpreter in (first, second):
            import_in(interpreter, "exported")
        assert [value(first, "exported.increment()") for _ in range(2)] == [2, 3]
        assert value(second, "exported.increment()") == 2
        assert value(second, PRIVATE_BYTES)["exported"] > 0


def test_the_strict_policy_refuses_as_cpython_does(samples):
    with sk.create(path=[samples], extensions="strict") as interpreter:
        for name in ("shared_gil", "none", "absent", "single_phase"):
            failed = import_error(interpreter, name)
            assert failed.type.__name__ == "ImportError"
            assert "does not support" in failed.msg
        interpreter.exec("import own_gil")
        assert value(interpreter, "own_gil.increment()") >= 2


def test_the_private_policy_copies_what_declares_support_too(samples):
    with sk.create(path=[samples], extensions="private") as first, sk.create(path=[samples]) as second:
        for interpreter in (first, second):
            import_in(interpreter, "own_gil")
        assert value(first, PRIVATE_BYTES)["own_gil"] > 0
        assert value(first, "own_gil.address()") != value(second, "own_gil.address()")


def test_an_interpreter_with_mains_gil_loads_as_usual(samples):
    with sk.create(path=[samples], gil="shared") as interpreter:
        interpreter.exec("import shared_gil")
        assert value(interpreter, "shared_gil.increment()") >= 2
