"""Samples of cells that raise, and of how errors are shown."""

from __future__ import annotations

from conformance_samples import cells, one

__all__ = ["ERRORS"]

_SETUP = "def half(x):\n    # a comment\n    return x / 0\n\ndef outer(x):\n    return half(x) + 1"
_ODD = """
class Rude(Exception):
    def __str__(self): raise RuntimeError('no str')
class RudeRepr(Exception):
    def __repr__(self): raise RuntimeError('no repr')
class Sticky(Exception):
    def __init__(self, a, b): super().__init__('sticky'); self.f = lambda: 1
    def __reduce__(self): raise TypeError('no pickle')
class ValueError(Exception): pass
class Own(BaseException): pass
class Meta(type):
    def __repr__(cls): return 'meta'
class WithMeta(Exception, metaclass=Meta): pass
class Ünï(Exception): pass
"""

ERRORS = {
    "raise": one("raise ValueError('wrong')"),
    "raise a class": one("raise ValueError"),
    "excepthook with wrong arguments": cells("import sys\nsys.excepthook()", "sys.excepthook(1, 2, 3)"),
    "no message": one("raise Exception()"),
    "several arguments": one("raise Exception(1, 'a', None)"),
    "multiline message": one("raise ValueError('a\\nb\\n  c')"),
    "long message": one("raise ValueError('x' * 5000)"),
    "unicode message": one("raise ValueError('ä🐍')"),
    "surrogate message": one("raise ValueError('\\ud800')", r"position \d+"),
    "key error": one("{}['k']"),
    "name error": one("nope"),
    "name error with a hint": one("value = 1\nvaleu"),
    "attribute error with a hint": one("'x'.uper()"),
    "import errors": cells("import no_such_module", "from os import no_such_name"),
    "type error": one("len(5)"),
    "unbound local": one("def f():\n    x += 1\nf()"),
    "in a function of an earlier cell": cells(_SETUP, "outer(1)"),
    "in a long cell": one("\n" * 30 + "x = 1\n\ndef f():\n    y = 2\n    return y / 0\n\nf()\n\nz = 3"),
    "in a lambda": cells("f = lambda: 1 / 0", "(lambda: f())()"),
    "in a class body": one("class C:\n    x = 1 / 0"),
    "in a comprehension": one("[1 / x for x in (1, 0)]"),
    "in a generator": one("def g():\n    yield 1\n    raise KeyError('g')\nlist(g())"),
    "in the library": one("import json\njson.loads('{')"),
    "output before": one("print('before')\ndisplay('too')\n1 / 0\nprint('after')"),
    "output to both before": one("import sys\nprint('a')\nprint('b', file=sys.stderr)\nraise ValueError('c')"),
    "from": one("try:\n    1 / 0\nexcept Exception as e:\n    raise ValueError('v') from e"),
    "during": one("try:\n    1 / 0\nexcept Exception:\n    {}['k']"),
    "from None": one("try:\n    1 / 0\nexcept Exception:\n    raise ValueError('v') from None"),
    "group": one(
        "raise ExceptionGroup('g', [ValueError(1), ExceptionGroup('h', [TypeError('t')])])",
    ),
    "group from except*": one(
        "try:\n    raise ExceptionGroup('g', [ValueError(1), KeyError(2)])\nexcept* KeyError:\n    pass",
    ),
    "notes": one("e = ValueError('v')\ne.add_note('note one')\ne.add_note('note\\ntwo')\nraise e"),
    "syntax": one("x = = 1"),
    "syntax further down": one("a = 1\nb = 2\nfor\nc = 3"),
    "syntax unclosed": one("print((1, 2)"),
    "syntax string": one("s = 'abc"),
    "syntax multiline string": one("s = '''abc\ndef"),
    "syntax return": one("return 5"),
    "syntax keyword": one("class = 1"),
    "syntax nonlocal": one("nonlocal x"),
    "syntax warning": one("x = '\\d'\n1 is 1"),
    "syntax warning with asyncio": one("import asyncio\nx = '\\d'"),
    "syntax warning with await": one("import asyncio\nawait asyncio.sleep(0)\nx = '\\d'"),
    "syntax warning before an error": one("x = '\\d'\n1 / 0"),
    "syntax warning in a nested cell": cells("%%capture out\nx = '\\d'", "out.stderr"),
    "indentation": one("if True:\nx = 1"),
    "unexpected indent": one("x = 1\n    y = 2"),
    "first line indented": one("    x = 1\n    x"),
    "tabs": one("if True:\n\tx = 1\n        y = 2"),
    "future": cells("from __future__ import annotations\ndef f(x: nope): pass\nf.__annotations__"),
    "recursion": one(
        "def f(): f()\nf()",
        loose=True,
        why_different="Fewer frames lie below the cell's, so there is room for some more.",
    ),
    "sys.exit": cells("kept = 1\nimport sys\nsys.exit(3)", "kept"),
    "SystemExit": one("raise SystemExit"),
    "SystemExit with a text": one("raise SystemExit('bye')"),
    "KeyboardInterrupt": one("raise KeyboardInterrupt"),
    "KeyboardInterrupt with a text": one("def f(): raise KeyboardInterrupt('k')\nf()"),
    "MemoryError": one("x = 'a' * (1 << 62)"),
    "MemoryError raised": one("raise MemoryError"),
    "assert": cells("assert 1 == 2", "assert 1 == 2, 'uneven'"),
    "StopIteration": one("next(iter([]))"),
    "GeneratorExit": one("raise GeneratorExit"),
    "CancelledError": one("import asyncio\nraise asyncio.CancelledError"),
    "CancelledError awaited": one("import asyncio\nt = asyncio.ensure_future(asyncio.sleep(9))\nt.cancel()\nawait t"),
    "warning as error": one(
        "import warnings\nwith warnings.catch_warnings():\n    warnings.simplefilter('error')\n    warnings.warn('w')"
    ),
    "broken repr": one(_ODD + "raise RudeRepr(1)"),
    "no pickle": one(_ODD + "raise Sticky(1, 2)"),
    "named like a builtin": one(_ODD + "raise ValueError('mine')"),
    "BaseException": cells(_ODD + "raise Own('base')", "1"),
    "metaclass": one(_ODD + "raise WithMeta('m')"),
    "unicode class": one(_ODD + "raise Ünï('n')"),
    "not an exception": one("raise 5"),
    "display of the last expression": cells("class B:\n    def _repr_html_(self): 1 / 0\nB()", "1"),
    "mimebundle raises": one("class B:\n    def _repr_mimebundle_(self, **k): 1 / 0\nB()"),
    "_ipython_display_ raises": one("class B:\n    def _ipython_display_(self): 1 / 0\nB()"),
    "SystemExit in a repr": one("class B:\n    def __repr__(self): raise SystemExit(1)\nB()"),
    "exec": one("exec('x = 1\\ny = 1 / 0')"),
    "eval": one("eval('1 +')"),
    "compiled": one("exec(compile('def f():\\n    1/0\\n', '<mine>', 'exec'))\nf()"),
    "await": one("import asyncio\nasync def f():\n    await asyncio.sleep(0)\n    1 / 0\nawait f()"),
    "task group": one(
        "import asyncio\nasync def f(): 1 / 0\nasync with asyncio.TaskGroup() as g:\n    g.create_task(f())",
    ),
    "xmode Plain": cells(_SETUP, "%xmode Plain", "outer(1)", "%xmode Context"),
    "xmode Verbose": cells(_SETUP, "%xmode Verbose", "outer(1)", "%xmode Context"),
    "xmode Minimal": cells(_SETUP, "%xmode Minimal", "outer(1)", "%xmode Context"),
    "xmode Docs": cells("%xmode Docs", "1 / 0", "%xmode Context"),
    "xmode nonsense": one("%xmode Nonsense"),
    "colors": cells("%colors nocolor", "1 / 0", "%colors neutral"),
    "tb": cells("def f(): 1 / 0\nf()", "%tb", "%tb Plain"),
    "sys.last_exc": cells("1 / 0", "import sys\nrepr(sys.last_exc), sys.last_type, repr(sys.last_value)"),
    "showtraceback": one("try:\n    1 / 0\nexcept Exception:\n    get_ipython().showtraceback()\nprint('on')"),
    "traceback.print_exc": one("import traceback\ntry:\n    1 / 0\nexcept Exception:\n    traceback.print_exc()"),
    "excepthook": one("import sys\nsys.excepthook(ValueError, ValueError('h'), None)"),
    "custom handler": cells(
        "def h(shell, etype, value, tb, tb_offset=None): print('handled', value)\n"
        "get_ipython().set_custom_exc((KeyError,), h)",
        "{}['k']",
        "get_ipython().set_custom_exc((), None)",
    ),
    "_render_traceback_": one(
        "class E(Exception):\n    def _render_traceback_(self): return ['drawn', 'by itself']\nraise E('e')"
    ),
}
