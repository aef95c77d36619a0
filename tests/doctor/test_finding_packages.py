"""Which distributions and extension modules are found, and what is said of those that are not usable."""

from __future__ import annotations

import pytest
from extension_build import SUFFIX

from subinterp_kernel.doctor import DoctorError, distributions, examine, extension_files


def modules_of(name: str) -> list[extension_files.ExtensionFile]:
    return extension_files.find(distributions.find(name))


def test_a_package_that_is_not_installed_is_named():
    with pytest.raises(DoctorError, match="no_such_thing is not installed here: install it with `pip install"):
        examine("no_such_thing")


def test_a_package_is_found_by_the_name_that_is_imported(site):
    site.install("some-name", texts={"other/__init__.py": ""})
    assert distributions.find("other").metadata["Name"] == "some-name"


def test_a_namespace_of_several_distributions_is_refused_with_their_names(site):
    site.install("space-one", texts={"space/one/__init__.py": ""})
    site.install("space-two", texts={"space/two/__init__.py": ""})
    with pytest.raises(DoctorError, match="name one of space-one, space-two"):
        examine("space")


def test_the_packages_below_a_namespace_are_tried(site):
    site.install("space-one", texts={"space/one/__init__.py": "", "space/one/inner/__init__.py": ""})
    assert distributions.roots(distributions.find("space-one")) == ["space.one"]
    assert examine("space-one").packages[0].levels.imports is True


def test_a_package_without_extension_modules_is_pure(site):
    site.install("plain", texts={"plain.py": ""})
    levels = examine("plain", level="survives", cycles=2).packages[0].levels
    assert (levels.declared, levels.imports, levels.survives, levels.private) == ("pure", True, True, None)


def test_a_plain_shared_library_is_no_module(site, built):
    site.install("library", built / f"own_gil{SUFFIX}")
    (site.folder / f"own_gil{SUFFIX}").rename(site.folder / "library.so")
    (site.folder / "library-1.0.dist-info" / "RECORD").write_text("library.so,,\n")
    assert modules_of("library") == []


def test_a_file_for_another_platform_is_named(site):
    site.install("foreign", texts={"foreign.cp313-win_amd64.pyd": "MZ"})
    package = examine("foreign").packages[0]
    assert package.levels.declared is None
    assert package.modules[0].refused_because == "foreign.cp313-win_amd64.pyd is for another Python or platform"


@pytest.mark.parametrize("content", ["", "no library", "\x7fELF and then nothing"])
def test_a_damaged_file_is_named(site, content):
    site.install("damaged", texts={f"damaged{SUFFIX}": content})
    package = examine("damaged").packages[0]
    assert package.levels.declared is None
    assert package.modules[0].refused_because.startswith("the file cannot be read: it is damaged or not a shared")


def test_a_file_for_another_machine_is_named(site, built):
    content = bytearray((built / f"own_gil{SUFFIX}").read_bytes())
    content[18:20] = (8).to_bytes(2, "little")  # e_machine: MIPS
    site.install("other", texts={f"own_gil{SUFFIX}": ""})
    (site.folder / f"own_gil{SUFFIX}").write_bytes(content)
    assert examine("other").packages[0].modules[0].refused_because == "the file is for another machine (EM_MIPS)"


def test_a_file_that_cannot_be_read_is_named(site):
    site.install("folder", texts={f"folder{SUFFIX}": ""})
    (site.folder / f"folder{SUFFIX}").unlink()
    (site.folder / f"folder{SUFFIX}").mkdir()
    assert "the file cannot be read: [Errno" in examine("folder").packages[0].modules[0].refused_because


def test_an_installation_without_a_list_of_files_is_not_tried(site):
    (site.install("bare") / "RECORD").unlink()
    assert "do not list its files" in examine("bare").packages[0].findings[0]


def test_an_editable_installation_is_not_cached(site):
    metadata = site.install("edited", texts={"edited.py": ""})
    (metadata / "direct_url.json").write_text('{"dir_info": {"editable": true}, "url": "file:///sources"}')
    assert examine("edited").packages[0].levels.imports is True
    (site.folder / "edited.py").write_text("import what_is_not_there")
    package = examine("edited").packages[0]
    assert package.levels.imports is None
    assert "editable installation" in package.findings[0]


def test_requirements_are_names_without_options_and_comments(tmp_path):
    path = tmp_path / "requirements.txt"
    path.write_text(
        "# all\nnumpy>=2  # arrays\n-r other.txt\n--no-index\n\nzope.interface[test]==1 ; os_name == 'nt'\n"
    )
    assert distributions.required_by(str(path)) == ["numpy", "zope.interface"]


def test_a_file_of_requirements_that_is_not_there_is_named():
    with pytest.raises(DoctorError, match=r"nowhere\.txt cannot be read"):
        distributions.required_by("nowhere.txt")


def test_all_installed_distributions_are_found_once(site):
    site.install("numpy", texts={"numpy/__init__.py": ""})
    names = [distributions.normalized(each.metadata["Name"]) for each in distributions.all_installed()]
    assert names == sorted(set(names))
    assert distributions.find("numpy").version == "1.0"


def test_modules_of_tests_are_recognized():
    assert extension_files.is_for_tests("numpy._core._rational_tests")
    assert extension_files.is_for_tests("package.tests.part")
    assert not extension_files.is_for_tests("package.testament")
