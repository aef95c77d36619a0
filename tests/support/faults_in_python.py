"""Faults in Python code: exceptions, objects, builtins, modules and extension modules."""

from __future__ import annotations

from fault import CHAIN, CLASS, STARTED, VALUE, row

__all__ = ["BUILTINS", "EXCEPTIONS", "EXTENSIONS", "MODULES", "OBJECTS"]

_NEW_EXTENSION = """
import sys, tempfile
from importlib.machinery import EXTENSION_SUFFIXES
folder = tempfile.TemporaryDirectory()
sys.path.insert(0, folder.name)
def write(content): open(f"{folder.name}/new_extension{EXTENSION_SUFFIXES[0]}", "wb").write(content)
"""

EXCEPTIONS = {
    "zero division": row("1 / 0", "ZeroDivisionError"),
    "name error": row("no_such_name", "NameError"),
    "syntax error": row("x = = 1", "SyntaxError"),
    "indentation error": row("if 1:\nx", "IndentationError"),
    "assertion": row("assert False", "AssertionError"),
    "SystemExit": row("raise SystemExit", "SystemExit"),
    "sys.exit with 3": row("import sys; sys.exit(3)", "SystemExit"),
    "sys.exit with a text": row("import sys; sys.exit('text')", "SystemExit"),
    "sys.exit with an object": row("import sys; sys.exit(object())", "SystemExit"),
    "sys.exit with a huge code": row("import sys; sys.exit(2**100)", "SystemExit"),
    "quit": row("quit()"),
    "exit": row("exit()"),
    "KeyboardInterrupt": row("raise KeyboardInterrupt", "KeyboardInterrupt"),
    "GeneratorExit": row("raise GeneratorExit", "GeneratorExit"),
    "StopIteration": row("raise StopIteration", "StopIteration"),
    "CancelledError": row("import asyncio\nraise asyncio.CancelledError", "CancelledError"),
    "own BaseException": row("class Own(BaseException): pass\nraise Own", "Own"),
    "MemoryError": row("'x' * 2**62", "MemoryError"),
    "recursion": row("def f(): f()\nf()", "RecursionError"),
    "recursion in repr": row("class R:\n    def __repr__(self): return repr(self)\nR()", "*"),
    "exception group": row("raise ExceptionGroup('g', [ValueError(n) for n in range(200)])", "ExceptionGroup"),
    "chain of 2000": row(CHAIN, "ValueError"),
    "own cause": row("e = ValueError()\ne.__cause__ = e\nraise e", "ValueError"),
    "message of 10 MB": row("raise ValueError('x' * 10_000_000)", "ValueError"),
    "message with a surrogate": row("raise ValueError('\\ud800')", "*"),
    "message with a NUL": row("raise ValueError('a\\0b')", "ValueError"),
    "raise no exception": row("raise 5", "TypeError"),
    "deleted traceback": row("e = ValueError()\ne.__traceback__ = None\nraise e", "ValueError"),
    "broken note": row("e = ValueError()\ne.__notes__ = 5\nraise e", "ValueError"),
    "exception from a C callback": row("sorted([1, 2], key=lambda x: 1 / 0)", "ZeroDivisionError"),
}

OBJECTS = {
    "exception with a broken __str__": row(CLASS.format("__str__") + "raise Bad", "Bad"),
    "exception with a broken __repr__": row(CLASS.format("__repr__") + "raise Bad", "Bad"),
    "exception with a broken __reduce__": row(CLASS.format("__reduce_ex__") + "raise Bad", "Bad"),
    "exception with a broken __getattribute__": row(CLASS.format("__getattribute__") + "raise Bad", "*"),
    "exception with a broken __init__": row(CLASS.format("__init__") + "raise Bad", "RuntimeError"),
    "exception with a broken __eq__ and __hash__": row(CLASS.format("__eq__") + "raise Bad", "Bad"),
    "exception whose __str__ exits": row("class E(Exception):\n    def __str__(self): raise SystemExit\nraise E", "*"),
    "exception whose __str__ is no text": row("class E(Exception):\n    def __str__(self): return 5\nraise E", "E"),
    "exception class with a broken name": row("class E(Exception): pass\nE.__name__ = '\\ud800'\nraise E", "*"),
    "result with a broken __repr__": row(VALUE.format("__repr__") + "Bad()", "*"),
    "result with a broken __getattr__": row(VALUE.format("__getattr__") + "Bad()"),
    "result with a broken __getattribute__": row(VALUE.format("__getattribute__") + "Bad()", "*"),
    "result with a broken __del__": row(VALUE.format("__del__") + "Bad();"),
    "result with a broken __class__": row("class B:\n    __class__ = property(lambda s: 1 / 0)\nB()", "*"),
    "result with a broken _repr_html_": row(VALUE.format("_repr_html_") + "Bad()", "*"),
    "result with a broken _repr_mimebundle_": row(VALUE.format("_repr_mimebundle_") + "Bad()", "*"),
    "result with a broken _ipython_display_": row(VALUE.format("_ipython_display_") + "Bad()", "*"),
    "repr is no text": row("class B:\n    def __repr__(self): return 5\nB()", "*"),
    "repr of 10 MB": row("class B:\n    def __repr__(self): return 'x' * 10_000_000\nB()"),
    "repr with a surrogate": row("class B:\n    def __repr__(self): return '\\ud800'\nB()"),
    "repr exits": row("class B:\n    def __repr__(self): raise SystemExit\nB()", "*"),
    "mimebundle is no dict": row("class B:\n    def _repr_mimebundle_(self, **k): return 5\nB()"),
    "mimebundle cannot be sent": row("class B:\n    def _repr_mimebundle_(self, **k): return {'a/b': object()}\nB()"),
    "display cannot be sent": row("display({'text/plain': object()}, raw=True)", "*"),
    "display of a nested list": row("x = []\nfor _ in range(10**5): x = [x]\nx", "*"),
    "self-containing list": row("x = []\nx.append(x)\nx"),
    "nested source": row("x = " + "(" * 500 + ")" * 500, "*"),
    "nested expression": row("x = " + "-" * 100_000 + "1", "*"),
    "__del__ resurrects": row("kept = []\nclass B:\n    def __del__(self): kept.append(self)\nB()\nB();"),
    "__del__ prints at the end": row("class B:\n    def __del__(self): print('x' * 10_000)\nb = B()"),
    "__del__ loops at the end": row("import time\nclass B:\n    def __del__(self): time.sleep(0.5)\nb = B()"),
    "metaclass with a broken __call__": row(
        "class M(type):\n    def __call__(cls): 1 / 0\nclass B(metaclass=M): pass\nB()", "ZeroDivisionError"
    ),
}

BUILTINS = {
    "builtins emptied": row("import builtins\nvars(builtins).clear()", "*"),
    **{
        f"{name} deleted": row(f"import builtins\ndel builtins.{name}", "*")
        for name in ("print", "len", "isinstance", "str", "Exception", "BaseException", "type", "getattr", "repr")
    },
    "__import__ deleted": row("import builtins\ndel builtins.__import__"),
    "__import__ replaced": row(
        "import builtins\ndef broken(*a, **k): raise ImportError('no')\nbuiltins.__import__ = broken"
    ),
    "open replaced": row("import builtins\nbuiltins.open = None"),
    "print replaced": row("import builtins\nbuiltins.print = lambda *a: 1 / 0"),
    "compile replaced": row("import builtins\nbuiltins.compile = lambda *a, **k: 1 / 0"),
    "exec replaced": row("import builtins\nbuiltins.exec = None"),
    "input replaced": row("import builtins\nbuiltins.input = None"),
    "__builtins__ deleted": row("del __builtins__", "*"),
    "__builtins__ replaced": row("__builtins__ = {}"),
    "__build_class__ deleted": row("import builtins\ndel builtins.__build_class__"),
    "globals emptied": row("globals().clear()"),
    "get_ipython replaced": row("get_ipython = None"),
    "In and Out deleted": row("del In, Out"),
    "__name__ deleted": row("del __name__", "*"),
}

MODULES = {
    "sys.modules emptied": row("import sys\nsys.modules.clear()", "*"),
    "sys.modules replaced": row("import sys\nsys.modules = {}"),
    "sys.path emptied": row("import sys\nsys.path.clear()"),
    "sys.path of wrong types": row("import sys\nsys.path[:] = [None, 5]"),
    "sys.meta_path emptied": row("import sys\nsys.meta_path.clear()"),
    "sys.path_hooks emptied": row("import sys\nsys.path_hooks.clear()"),
    "our modules deleted": row("import sys\nfor n in list(sys.modules):\n    if 'subinterp' in n: del sys.modules[n]"),
    "IPython deleted": row("import sys\nfor n in list(sys.modules):\n    if 'IPython' in n: del sys.modules[n]"),
    "sys.settrace raises": row("import sys\ndef t(*a): raise RuntimeError('t')\nsys.settrace(t)", "*"),
    "sys.setprofile raises": row("import sys\ndef t(*a): raise RuntimeError('t')\nsys.setprofile(t)", "*"),
    "audit hook raises": row("import sys\ndef h(*a): raise RuntimeError('h')\nsys.addaudithook(h)", "*", answers=False),
    "audit hook prints": row("import sys\ndef h(*a): print('h')\nsys.addaudithook(h)"),
    "excepthook raises": row("import sys\nsys.excepthook = lambda *a: 1 / 0\nraise ValueError", "ValueError"),
    "excepthook deleted": row("import sys\ndel sys.excepthook\nraise ValueError", "ValueError"),
    "displayhook raises": row("import sys\nsys.displayhook = lambda *a: 1 / 0\n5", "*"),
    "unraisablehook raises": row(
        "import sys\nsys.unraisablehook = lambda *a: 1 / 0\n" + VALUE.format("__del__") + "Bad();"
    ),
    "recursion limit of 50": row("import sys\nsys.setrecursionlimit(50)", "*"),
    "recursion limit of 10**6": row("import sys\nsys.setrecursionlimit(10**6)"),
    "switch interval of an hour": row("import sys\nsys.setswitchinterval(3600)"),
    "gc.disable": row("import gc\ngc.disable()"),
    "gc thresholds of 1": row("import gc\ngc.set_threshold(1, 1, 1)"),
    "gc callback raises": row("import gc\ngc.callbacks.append(lambda *a: 1 / 0)\ngc.collect();"),
    "warnings are errors": row("import warnings\nwarnings.simplefilter('error')"),
    "showwarning raises": row("import warnings\nwarnings.showwarning = lambda *a, **k: 1 / 0\nwarnings.warn('w')", "*"),
    "time replaced": row("import time\ntime.sleep = time.monotonic = time.time = time.perf_counter = None"),
    "threading replaced": row("import threading\nthreading.Lock = threading.Thread = threading.Condition = None"),
    "current_thread replaced": row("import threading\nthreading.current_thread = threading.main_thread = None"),
    "json replaced": row("import json\njson.dumps = json.loads = None", "*"),
    "pickle replaced": row("import pickle\npickle.dumps = pickle.loads = pickle.Pickler = None"),
    "copyreg emptied": row("import copyreg\ncopyreg.dispatch_table.clear()"),
    "traceback replaced": row("import traceback\ntraceback.TracebackException = None\n1 / 0", "ZeroDivisionError"),
    "linecache replaced": row("import linecache\nlinecache.getlines = None\n1 / 0", "*"),
    "ast replaced": row("import ast\nast.parse = None"),
    "os emptied": row("import os\nfor n in ('getpid', 'write', 'getcwd', 'fspath'): delattr(os, n)", "*"),
    "codecs error handler": row("import codecs\ncodecs.register_error('strict', lambda e: 1 / 0)", "*"),
}

EXTENSIONS = {
    "import of NumPy": row("import numpy"),
    "empty extension module": row(_NEW_EXTENSION + "write(b'')\nimport new_extension", "ImportError"),
    "damaged extension module": row(_NEW_EXTENSION + "write(b'\x7fELF' * 500)\nimport new_extension", "ImportError"),
    "truncated extension module": row(
        _NEW_EXTENSION + "from numpy._core import _multiarray_umath as m\n"
        "write(open(m.__file__, 'rb').read(100_000))\nimport new_extension",
        "ImportError",
    ),
    "extension module of another name": row(
        _NEW_EXTENSION + "from numpy._core import _multiarray_umath as m\n"
        "write(open(m.__file__, 'rb').read())\nimport new_extension",
        "ImportError",
    ),
    "NumPy imported again": row(
        "import sys, numpy\nfor n in list(sys.modules):\n    if 'numpy' in n: del sys.modules[n]\nimport numpy", "*"
    ),
    "NumPy without memory": row("import numpy\nnumpy.empty(2**50)", "MemoryError"),
    "NumPy's error callback raises": row(
        "import numpy\nnumpy.seterrcall(lambda *a: 1 / 0)\nnumpy.seterr(all='call')\nnumpy.float64(1) / 0",
        "ZeroDivisionError",
    ),
    "object with a broken __array__": row(
        "import numpy\n" + VALUE.format("__array__") + "numpy.asarray(Bad())", "RuntimeError"
    ),
    "loop in NumPy": row(
        "import numpy\na = numpy.ones(1000)\n" + STARTED + "while True: a.sum()", "KeyboardInterrupt", stop=True
    ),
}
