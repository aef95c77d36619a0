"""create, get, list_all, current, names, and every misuse with its own clear error."""

from __future__ import annotations

import threading

import pytest

import subinterp_kernel as sk


def test_created_interpreter_is_found_by_name_and_id():
    made = sk.create("a")
    assert sk.get("a") == made == sk.get(made.id) == sk.Interpreter("a")


def test_list_all_begins_with_main_and_keeps_the_order():
    sk.create("b")
    sk.create("a")
    assert [interpreter.name for interpreter in sk.list_all()] == ["main", "b", "a"]


def test_unnamed_interpreters_are_numbered():
    assert [sk.create().name, sk.create().name] == ["interp1", "interp2"]


def test_get_current_returns_the_interpreter_that_calls_it(interpreter):
    assert sk.get_current() == sk.get_main()
    interpreter.exec("import subinterp_kernel as sk; name = sk.get_current().name")
    assert interpreter.get("name") == "fixture"


def test_get_current_works_on_threads_that_user_code_starts(interpreter):
    interpreter.exec(
        "import threading, subinterp_kernel as sk\nfound = []\n"
        "t = threading.Thread(target=lambda: found.append(sk.get_current().name)); t.start(); t.join()"
    )
    assert interpreter.get("found") == ["fixture"]


def test_ids_are_those_of_cpython_and_never_reused():
    first = sk.create("a")
    number = first.id
    first.close()
    assert sk.create("a").id > number > 0


BAD_NAMES = [
    "", " ", "a b", "a,b", "a\tb", "a\n", "\u2003x", "\ud800", "a\0b", "\u202ea", "a;", "x=1", "(a", "a:", "'", '"',
    "a*", "a/b", "a..b", "-a", "--bg", "a\uff0cb", "\u201ca\u201d", "a\u2014bg",
]  # fmt: skip


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_names_are_refused(name):
    with pytest.raises(sk.InvalidNameError, match="cannot name an interpreter: a name consists of letters, digits"):
        sk.create(name)


@pytest.mark.parametrize("name", ["a", "ä", "a\u0308", "名前", "हिन्दी", "a.b-c", "_1", "2", "a-", "x" * 1000, "🐍"])
def test_names_of_letters_digits_emoji_and_some_punctuation_are_allowed(name):
    assert sk.create(name).name == name == sk.get(name).name


def test_main_is_reserved():
    with pytest.raises(sk.InvalidNameError, match="the main interpreter"):
        sk.create("main")


def test_a_name_of_another_type_is_refused():
    with pytest.raises(sk.InvalidNameError, match="must be a str, not bytes"):
        sk.create(b"a")


def test_a_taken_name_is_refused():
    sk.create("a")
    with pytest.raises(sk.NameTakenError, match="already an interpreter named 'a'"):
        sk.create("a")


def test_the_name_of_a_closed_interpreter_is_free_again():
    sk.create("a").close()
    assert sk.create("a").state == "idle"


def test_only_one_of_many_threads_gets_the_name():
    outcomes = []

    def try_it():
        try:
            outcomes.append(sk.create("a"))
        except sk.NameTakenError as error:
            outcomes.append(error)

    threads = [threading.Thread(target=try_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(isinstance(outcome, sk.Interpreter) for outcome in outcomes) == 1


def test_an_unknown_name_raises_a_key_error_with_a_clear_message():
    with pytest.raises(LookupError) as caught:
        sk.get("nobody")
    assert str(caught.value) == "there is no interpreter 'nobody'; create('nobody') makes one"
    assert isinstance(caught.value, sk.InterpreterNotFoundError)


@pytest.mark.parametrize("name", [None, 1.5, b"a", True])
def test_get_refuses_other_types(name):
    with pytest.raises(TypeError, match="named by a str or an int id"):
        sk.get(name)


def test_gil_is_own_or_shared():
    assert sk.create("a").gil == "own"
    assert sk.create("b", gil="shared").gil == "shared"
    with pytest.raises(ValueError, match="'own' or 'shared', not 'none'"):
        sk.create("c", gil="none")


def test_main_cannot_be_closed_or_wait_for_itself():
    main = sk.get("main")
    with pytest.raises(sk.InterpreterError, match="cannot be closed"):
        main.close()
    with pytest.raises(sk.InterpreterError, match="this is the main interpreter"):
        main.exec("1")


def test_interpreters_can_be_made_and_used_inside_interpreters(interpreter):
    interpreter.exec("import subinterp_kernel as sk\nb = sk.create('b')\nb.exec('x = 7')\nseen = b.get('x')")
    assert interpreter.get("seen") == 7
    assert sk.get("b").get("x") == 7


def test_close_all_closes_every_interpreter():
    for name in "abc":
        sk.create(name)
    assert sk.close_all() == []
    assert sk.list_all() == [sk.get_main()]


def test_sys_path_is_that_of_the_creator(tmp_path, monkeypatch):
    (tmp_path / "only_here.py").write_text("value = 42")
    monkeypatch.syspath_prepend(str(tmp_path))
    made = sk.create("a")
    made.exec("import only_here")
    assert made.call(eval, "__import__('only_here').value") == 42
