"""All modules that refuse, the imports that lead to them, and fallbacks in Python."""

from __future__ import annotations

from extension_build import SUFFIX

from subinterp_kernel.doctor import examine
from subinterp_kernel.doctor.output.words import imports_mark


def install_user(site, built, module, text):
    """Install a distribution with a refusing module, and the package `user`, which imports it in `user.part`."""
    site.install("needed", built / f"{module}{SUFFIX}")
    texts = {"user/__init__.py": "from user import part", "user/part.py": text}
    site.install("user", texts=texts, requires="needed")


def test_the_refusing_module_of_another_package_has_the_imports_that_lead_to_it(site, built):
    install_user(site, built, "absent", "import absent")
    package = examine("user").packages[0]
    assert [(module.name, module.declared, module.imported_by) for module in package.modules] == [
        ("absent", "absent", ("user", "user.part"))
    ]
    assert (package.levels.declared, package.levels.imports, package.levels.private) == ("pure", False, True)


def test_all_refusing_modules_are_found(site, built):
    site.install("several", built / f"absent{SUFFIX}", built / f"single_phase{SUFFIX}", built / f"own_gil{SUFFIX}")
    package = examine("several").packages[0]
    assert {module.name: module.refuses for module in package.modules} == {
        "absent": True,
        "own_gil": False,
        "single_phase": True,
    }
    assert package.levels.declared == "single-phase"


def test_a_fallback_in_python_is_found(site, built):
    text = "try:\n    import _speed.absent\nexcept ImportError:\n    pass"
    site.install("careful", built / f"absent{SUFFIX}", under="_speed", texts={"careful.py": text})
    package = examine("careful").packages[0]
    assert package.levels.imports is True
    assert "imports: works without _speed.absent: it has a pure-Python fallback" in package.findings


def test_a_fallback_of_a_module_that_the_package_does_not_import_at_once_is_found(site, built):
    text = "try:\n    from lazy import absent\nexcept ImportError:\n    pass"
    site.install("lazy", built / f"absent{SUFFIX}", under="lazy", texts={"lazy/__init__.py": "", "lazy/part.py": text})
    package = examine("lazy").packages[0]
    assert package.levels.imports is True
    assert "imports: works without lazy.absent: it has a pure-Python fallback" in package.findings


def test_a_fallback_may_leave_out_what_imports_the_extension_module(site, built):
    texts = {
        "choosy/__init__.py": "try:\n    from choosy import fast\nexcept ImportError:\n    pass",
        "choosy/fast.py": "from choosy import absent",
    }
    site.install("choosy", built / f"absent{SUFFIX}", under="choosy", texts=texts)
    assert examine("choosy").packages[0].levels.imports is True


def test_an_import_without_a_module_of_another_package_is_told(site, built):
    install_user(site, built, "absent", "try:\n    import absent\nexcept ImportError:\n    pass")
    package = examine("user").packages[0]
    assert package.levels.imports is True
    assert "imports: it can be imported although absent is refused; it may lack what that provides" in package.findings
    assert imports_mark(package) == "fallback"


REFUSING = "import sys\nimport subinterp_kernel as sk\nif sk.get_current().id:\n    sys.refusal = 'not here'"


def test_a_part_that_fails_everywhere_is_named_and_the_rest_works(site, built):
    files = built / f"absent{SUFFIX}", built / f"single_phase{SUFFIX}"
    site.install("parts", *files, under="_speed", texts={"parts.py": REFUSING})
    package = examine("parts").packages[0]
    assert package.levels.private is True
    assert "private: without _speed.absent: ValueError: not here" in package.findings


def test_a_package_whose_only_compiled_part_fails_does_not_work(site, built):
    site.install("parts", built / f"absent{SUFFIX}", under="_speed", texts={"parts.py": REFUSING})
    assert examine("parts").packages[0].levels.private is False


def test_a_package_without_a_fallback_says_so(examine_sample):
    assert "imports: no pure-Python fallback was found" in examine_sample("absent").findings


def test_a_package_that_main_cannot_import_is_not_tried(site):
    site.install("incomplete", texts={"incomplete.py": "import what_is_not_there"})
    package = examine("incomplete").packages[0]
    assert package.levels.imports is None
    assert "incomplete cannot be imported in main: ModuleNotFoundError" in package.findings[0]


def test_what_a_package_prints_does_not_disturb(site):
    site.install("noisy", texts={"noisy.py": "import os, sys\nprint('{}')\nos.write(1, b'noise\\n')"})
    assert examine("noisy").packages[0].levels.imports is True


def test_a_package_that_exits_is_a_finding(site):
    site.install("leaves", texts={"leaves.py": "import os\nos._exit(3)"})
    package = examine("leaves").packages[0]
    assert package.levels.imports is False
    assert "imports: leaves ends the process with status 3" in package.findings[0]


def test_the_author_gets_a_recipe_and_the_user_a_way(examine_sample):
    users, *_, authors = examine_sample("absent").advice
    assert "--extensions auto" in users
    assert "Py_MOD_PER_INTERPRETER_GIL_SUPPORTED" in authors
