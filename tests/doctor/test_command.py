"""The command: its arguments, outputs and statuses."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from subinterp_kernel import console
from subinterp_kernel.doctor import DoctorError, Levels, Module, Package, Report, examiner
from subinterp_kernel.doctor.command import main
from subinterp_kernel.doctor.output.badge import badge
from subinterp_kernel.doctor.output.html_report import html_report
from subinterp_kernel.doctor.output.junit import junit
from subinterp_kernel.doctor.output.packages_page import packages_page

REFUSED = Package(
    "speed<1>", "1.0", ("Cython",), Levels("absent", imports=False, private=True),
    (Module("speed._core", "/speed.so", "absent", "it does not say", ("speed", "speed.fast")),),
    ("use private copies",), ("imports: speed: ImportError: \x1b[31mno",),
)  # fmt: skip
REPORT = Report("3.13.0", "2026-11-27", (REFUSED, Package("plain", "2.0", levels=Levels("pure", imports=True))))


@pytest.fixture
def plain(site):
    site.install("plain", texts={"plain.py": ""})


def errors_of(capsys, *arguments: str) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err


def test_the_console_script_has_subcommands(capsys):
    assert console.main(["--help"]) == 0
    assert "doctor" in capsys.readouterr().out


def test_an_unknown_subcommand_is_an_error(capsys):
    assert console.main(["nurse"]) == 2
    assert "no subcommand 'nurse'" in capsys.readouterr().err


def test_the_report_is_written_as_json(plain, tmp_path, capsys):
    assert console.main(["doctor", "plain", "--json", str(tmp_path / "report.json")]) == 0
    package = json.loads((tmp_path / "report.json").read_text())["packages"][0]
    assert {"name", "version", "toolchains", "levels", "modules", "advice"} <= package.keys()
    assert package["levels"] == {"declared": "pure", "imports": True, "survives": None, "private": None, "tests": None}
    assert "plain" in capsys.readouterr().out


def test_quiet_prints_nothing(plain, capsys):
    assert main(["plain", "--level", "declared", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_level_that_is_not_reached_is_status_1(site, tmp_path):
    site.install("refused", texts={"refused.py": "import numpy"})
    pytest.importorskip("numpy")
    assert main(["refused", "--quiet", "--require", "imports"]) == 1


def test_the_level_tests_needs_pytest(plain, capsys, monkeypatch):
    monkeypatch.setattr("subinterp_kernel.doctor.examiner.find_spec", lambda _name: None)
    assert "needs pytest, which is not installed: pip install pytest" in errors_of(capsys, "plain", "--level", "tests")


def test_an_unknown_level_is_an_error(plain, capsys):
    assert "there is no level 'all'" in errors_of(capsys, "plain", "--level", "all")


def test_no_package_is_an_error(capsys):
    assert "name packages, or write --all" in errors_of(capsys)


def test_a_requirement_that_is_not_installed_is_said_and_left_out(plain, tmp_path, capsys):
    (tmp_path / "r.txt").write_text("plain\nno_such_thing\n")
    assert main(["-r", str(tmp_path / "r.txt"), "--level", "declared"]) == 0
    assert "no_such_thing is not installed" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_an_error(plain, capsys):
    message = errors_of(capsys, "plain", "--level", "declared", "-q", "--html", "/no/such/folder/report.html")
    assert "/no/such/folder/report.html cannot be written" in message


def test_ctrl_c_keeps_what_is_known(site, monkeypatch, tmp_path, capsys):
    for name in ("first", "second", "third"):
        site.install(name, texts={f"{name}.py": ""})
    real = examiner.examine_distribution

    def interrupted(distribution, settings):
        if distribution.metadata["Name"] == "second":
            raise KeyboardInterrupt
        return real(distribution, settings)

    monkeypatch.setattr(examiner, "examine_distribution", interrupted)
    path = tmp_path / "report.json"
    assert main(["first", "second", "third", "--level", "declared", "-q", "--json", str(path)]) == 130
    assert [package["name"] for package in json.loads(path.read_text())["packages"]] == ["first"]
    assert "1 of 3 packages were examined" in capsys.readouterr().err


def test_ctrl_c_ends_a_call(site, monkeypatch):
    site.install("plain", texts={"plain.py": ""})

    def interrupted(_distribution, _settings):
        raise KeyboardInterrupt

    monkeypatch.setattr(examiner, "examine_distribution", interrupted)
    with pytest.raises(KeyboardInterrupt):
        examiner.examine("plain")


def test_after_the_time_limit_for_all_nothing_is_tried(plain, tmp_path):
    path = tmp_path / "report.json"
    assert main(["plain", "-q", "--total-timeout", "0", "--json", str(path)]) == 0
    package = json.loads(path.read_text())["packages"][0]
    assert package["levels"]["declared"] is None
    assert package["findings"] == ["not tried: the time limit for all, 0 s, was over"]


def test_a_missing_pyelftools_is_one_sentence(site, built, monkeypatch):
    site.install("own_gil", *built.glob("own_gil.*"))
    monkeypatch.setitem(__import__("sys").modules, "elftools.elf.elffile", None)
    with pytest.raises(DoctorError, match=r"pip install 'subinterp-kernel\[doctor\]'"):
        examiner.examine("own_gil", cached=False)


def test_html_is_self_contained_and_escaped():
    page = html_report(REPORT)
    assert "speed&lt;1&gt;" in page
    assert "speed → speed.fast → speed._core" in page
    assert "prefers-color-scheme: dark" in page
    assert "http" not in page


def test_junit_has_a_case_for_each_level():
    root = ElementTree.fromstring(junit(REPORT))
    cases = {case.get("name"): [child.tag for child in case] for case in root[0]}
    assert cases == {"imports": ["failure"], "survives": ["skipped"], "private": [], "tests": ["skipped"]}


def test_a_badge_has_the_level_and_the_date():
    root = ElementTree.fromstring(badge(REPORT))
    assert root.get("aria-label") == "sub-interpreters: private copies (2026-11-27)"


def test_a_badge_is_for_one_package(site, capsys):
    for name in ("first", "second"):
        site.install(name, texts={f"{name}.py": ""})
    assert "for one package" in errors_of(capsys, "first", "second", "--badge", "badge.svg")


def test_the_page_has_packages_with_compiled_parts_only():
    rows = [line for line in packages_page([REPORT]).splitlines() if line.startswith("| speed") or "plain" in line]
    assert rows == ["| speed<1> | 1.0 | Cython | 3.13.0 | absent | no | - | yes | - | 2026-11-27 |"]


def test_the_page_is_made_of_json_files(tmp_path, capsys):
    (tmp_path / "a.json").write_text(json.dumps(REPORT.to_json()))
    assert main(["table", str(tmp_path / "a.json")]) == 0
    assert "| speed<1> | 1.0 |" in capsys.readouterr().out


def test_a_file_that_is_no_report_is_an_error(tmp_path, capsys):
    (tmp_path / "a.json").write_text("[]")
    assert "is not a report" in errors_of(capsys, "table", str(tmp_path / "a.json"))
