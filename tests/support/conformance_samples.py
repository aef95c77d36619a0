"""What a cell can do: samples that are run plain and behind ``%%subinterp``, and must look the same."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OUTPUTS", "Sample", "cells", "one"]


@dataclass(frozen=True)
class Sample:
    """Some cells, run one after the other.

    Attributes
    ----------
    cells : tuple of str
        The code.
    hide : tuple of str
        Regular expressions: what they match is not compared, on both sides.
    why_different : str
        Why something is hidden that a user could see; empty where it is only timings and the like.
    loose : bool
        Compare neither the order of messages nor how errors are rendered.
    """

    cells: tuple[str, ...]
    hide: tuple[str, ...] = ()
    why_different: str = ""
    loose: bool = False


def one(code: str, *hide: str, why_different: str = "", loose: bool = False) -> Sample:
    """Make a sample of one cell."""
    return Sample((code,), hide, why_different, loose)


def cells(*codes: str, hide: tuple[str, ...] = (), why_different: str = "", loose: bool = False) -> Sample:
    """Make a sample of several cells."""
    return Sample(codes, hide, why_different, loose)


_REPRS = """
class Html:
    def _repr_html_(self): return '<b>html</b>'
    def __repr__(self): return 'Html()'
class Bundle:
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {'text/plain': 'bundle', 'application/x-own': {'deep': [1, None, True]}}, {'application/x-own': {'k': 1}}
class Own:
    def _ipython_display_(self): print('displays itself')
class Broken:
    def __repr__(self): raise ValueError('no repr')
class Liar:
    def __repr__(self): return 5
"""
_PNG = "b'\\x89PNG\\r\\n\\x1a\\n' + bytes(8)"
_JPEG = "b'\\xff\\xd8\\xff\\xe0' + bytes(8)"

OUTPUTS = {
    "nothing": one("x = 1"),
    "print": one("print('hi')"),
    "print and value": one("print('hi')\n6 * 7"),
    "streams interleaved": one(
        "import sys\nfor i in range(6):\n    print('line', i, file=(sys.stdout, sys.stderr)[i % 2], flush=True)"
    ),
    "streams and displays": one("print(1)\ndisplay(2)\nprint(3, end='')\ndisplay(4)\nprint(5)\n6"),
    "no newline": one("print('a', end='')\nprint('b', end='')"),
    "unicode": one("print('äöü 中文 🐍 \\u0301')\n'🐍'"),
    "a very long line": one("print('x' * 300_000)"),
    "carriage returns": one("for i in range(3): print(f'\\r{i} of 3', end='')"),
    "ansi": one("print('\\x1b[31mred\\x1b[0m')"),
    "odd characters": one("print('a\\tb\\x00c\\x07d\\u2028e')"),
    "write returns a count": one("import sys\nsys.stdout.write('abc')"),
    "print to a closed file": one("import io\nf = io.StringIO(); f.close()\nprint(1, file=f)"),
    "stdout's attributes": one(
        "import sys\n[(f.encoding, f.isatty(), f.writable(), f.closed) for f in (sys.stdout, sys.stderr)]"
    ),
    "print a number as sep": one("print(1, 2, sep=3)"),
    "stdout refuses bytes": one(
        "import sys\nsys.stdout.write(b'x')",
        r"write\(\) arg.*",
        loose=True,
        why_different="Another class of file, with other words.",
    ),
    "writelines": one("import sys\nsys.stdout.writelines(['a\\n', 'b\\n'])"),
    "display text": one("display('text', 5, None, [1, 2])"),
    "html": one("from IPython.display import HTML\ndisplay(HTML('<b>1</b>'))\nHTML('<i>2</i>')"),
    "markdown, latex, svg, math": one(
        "from IPython.display import *\ndisplay(Markdown('# x'), Latex('$x$'), Math('y^2'), "
        "SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))"
    ),
    "json and javascript": one(
        "from IPython.display import *\ndisplay(JSON({'a': [1, {'b': None}]}), Javascript('1 + 1'), Code('x = 1'))"
    ),
    "png": one(f"from IPython.display import Image\ndisplay(Image(data={_PNG}, width=5))\nImage(data={_PNG})"),
    "jpeg": one(f"from IPython.display import Image\nImage(data={_JPEG}, format='jpeg')"),
    "gif": one("from IPython.display import Image\nImage(data=b'GIF89a' + bytes(8), format='gif')"),
    "pdf bytes": one("display({'application/pdf': b'%PDF-1.4', 'text/plain': 'p'}, raw=True)"),
    "raw bundle": one("display({'text/plain': 'x', 'text/html': '<b>'}, raw=True, metadata={'text/html': {'a': 1}})"),
    "raw bundle with numbers": one("display({'application/json': {1: (2, 3.5), 'n': None}}, raw=True)"),
    "raw bundle with an odd object": one("display({'application/json': {'s': {1, }}}, raw=True)"),
    "audio": one("from IPython.display import Audio\nAudio(data=b'RIFF' + bytes(40))"),
    "iframe": one("from IPython.display import IFrame\nIFrame('https://example.org', 100, 50)"),
    "progress bar": one("from IPython.display import ProgressBar\nfor _ in ProgressBar(3): pass", r"\b[0-9a-f]{16}\b"),
    "display_id": one("h = display('a', display_id='one')\nh.update('b')\nh.display('c')"),
    "display_id made up": one("h = display('a', display_id=True)\nh.update('b')", r"[0-9a-f]{16,32}"),
    "display_id from a later cell": cells("h = display('a', display_id='late')", "h.update('b')\nupdate = 1"),
    "update_display": cells("display('a', display_id='far');", "update_display('b', display_id='far')"),
    "transient": one("display('x', transient={'k': 1})"),
    "metadata": one("display('x', metadata={'k': 1})"),
    "include and exclude": one(
        "from IPython.display import HTML\ndisplay(HTML('x'), include=['text/html'])\n"
        "display(HTML('x'), exclude=['text/html'])"
    ),
    "clear_output": one("print(1)\nfrom IPython.display import clear_output\nclear_output()\nprint(2)"),
    "clear_output wait": one("print(1)\nfrom IPython.display import clear_output\nclear_output(wait=True)\nprint(2)"),
    "underscores": cells("5", "6", "_, __", "_[0], ___", "_ is Out[max(Out)]"),
    "underscore taken": cells("_ = 'mine'", "7", "_"),
    "Out": cells("'a'", "n = max(Out)\nOut[n], eval(f'_{n}')"),
    "In": cells("'first'", "In[-2:]", hide=(r"%%subinterp a.{2,4}",)),
    "trailing semicolon": cells("5;", "5; ", "5;  # comment", "'a;'", "5\n;", "x = 3; x"),
    "None": one("None"),
    "mimebundle": one(_REPRS + "Bundle()"),
    "html repr": one(_REPRS + "display(Html())\nHtml()"),
    "displays itself": one(_REPRS + "display(Own())\nOwn()"),
    "broken repr": cells(_REPRS + "Broken()", "print('fine')"),
    "broken repr displayed": one(_REPRS + "display(Broken())\nprint('goes on')"),
    "repr that returns no text": one(_REPRS + "Liar()"),
    "big reprs": one("list(range(2000))"),
    "dict and set reprs": one("{'b': 1, 'a': {3, 1, 2}}, dict.fromkeys(range(30), 'x' * 20)"),
    "self-referring list": one("a = [1]\na.append(a)\na"),
    "pprint": one("from pprint import pprint\npprint({'k' * 30: list(range(40)), 'z': 'y' * 60})"),
    "Pretty": one("%pprint\n[1, 2, 3]\n%pprint"),
    "functions and classes": cells(
        "def f(): pass\nclass C: pass\nf, C, C(), len, print", "C.__module__, f.__module__, __name__"
    ),
    "rich": one("from rich import print\nprint('[bold]x[/bold]', {'a': 1})"),
    "rich table": one("from rich.table import Table\nt = Table('a', 'b')\nt.add_row('1', '2')\nt"),
    "tqdm": one("from tqdm import tqdm\nfor _ in tqdm(range(3), mininterval=1e9): pass", r"\|[^|\]]*\]"),
    "rich progress": one(
        "from rich.progress import Progress\nfrom rich.console import Console\n"
        "with Progress(console=Console(force_jupyter=False), refresh_per_second=0.01) as p:\n"
        "    p.update(p.add_task('x', total=1), completed=1)",
    ),
    "rich track": one(
        "from rich.progress import track\nfrom rich.console import Console\n"
        "list(track(range(3), console=Console(force_jupyter=False), update_period=60))",
        r"[\d:]+",
        r"\x1b\[[\d;]*m",
    ),
    "rich traceback": cells(
        "from rich.traceback import Traceback\ntry:\n    1 / 0\nexcept Exception:\n    t = Traceback(width=60)\nt"
    ),
    "video and links": one(
        "open('f.txt', 'w').close()\nfrom IPython.display import *\n"
        "display(Video('https://example.org/x.mp4'), YouTubeVideo('x'), FileLink('f.txt'), FileLinks('.'))"
    ),
    "geojson and pretty": one(
        "from IPython.display import *\ndisplay(GeoJSON({'type': 'Point'}), Pretty('x'), Image(url='https://example.org/x'))"
    ),
    "logging": one("import logging\nlogging.warning('careful')\nlogging.getLogger('x').error('bad')"),
    "warnings": one("import warnings\nwarnings.warn('careful')"),
    "warnings of a function": cells(
        "import warnings\ndef f():\n    warnings.warn('old', DeprecationWarning, stacklevel=2)", "f()"
    ),
    "log to stderr by hand": one("import sys\nprint('x', file=sys.__stderr__ and sys.stderr)"),
    "redirect": one(
        "import io, contextlib\nwith contextlib.redirect_stdout(io.StringIO()) as f: print(1)\nf.getvalue()"
    ),
    "last of several": one("1\n2\n[3]"),
    "last in a block": one("if True:\n    5"),
    "async display": one("import asyncio\nasync def f():\n    display('in f')\n    return 3\nawait f()"),
    "ast_node_interactivity": cells(
        "get_ipython().ast_node_interactivity = 'all'", "1\n2", "get_ipython().ast_node_interactivity = 'last_expr'"
    ),
    "precision": cells("%precision 2", "3.14159", "%precision", "2.71828"),
    "formatter": cells(
        "f = get_ipython().display_formatter.formatters['text/plain']\n"
        "f.for_type(complex, lambda c, p, y: p.text('C'))",
        "3j",
        "f.pop(complex);",
    ),
    "publish_display_data": one(
        "from IPython.display import publish_display_data\npublish_display_data({'text/plain': 'p'}, {'m': 1})"
    ),
    "displayhook by hand": one("import sys\nsys.displayhook(11)\n12"),
    "print in a destructor": one("class D:\n    def __del__(self): print('gone')\nd = D()\ndel d"),
    "error in a destructor": one(
        "class D:\n    def __del__(self): raise ValueError('late')\nd = D()\ndel d", r"\.pyx[^\n]*"
    ),
    "output of a thread": one(
        "import threading\nt = threading.Thread(target=print, args=('from a thread',))\nt.start(); t.join()"
    ),
    "error in a thread": one(
        "import threading\ndef f(): 1 / 0\nt = threading.Thread(target=f, name='T')\nt.start(); t.join()"
    ),
}
