"""Samples of magics, shell commands and coroutines; and first lines and bodies that make no sense."""

from __future__ import annotations

from conformance_samples import cells, one

__all__ = ["BAD", "CODE"]

_TIMES = (
    r"(Compiler|Parser) *: .*\n",
    r"[\d.,]+(e[+-]?\d+)? ?([mnµμu]?s)\b( ±)?",
    r"\d+ loops?",
    r"of \d+ runs",
    r"\(Total: \S*\)?|total: \S*",
)

_LINES = (r"(?m)^ *\d+:",)

CODE = {
    "timeit": one("%timeit -n 10 -r 2 1 + 1", *_TIMES),
    "timeit -o": one("r = %timeit -n 10 -r 2 -q -o 1 + 1\nr.loops, r.repeat"),
    "cell timeit": one("%%timeit -n 10 -r 2\nx = 1", *_TIMES),
    "time": one("%time x = 5\nx", *_TIMES),
    "cell time": cells("%%time\ny = 5\nprint(y)\ny", "y", hide=_TIMES),
    "time of an error": one("%%time\n1 / 0", *_TIMES),
    "capture": cells(
        "%%capture out\nimport sys\nprint('o')\nprint('e', file=sys.stderr)\ndisplay('d')\n7",
        "out.stdout, out.stderr, len(out.outputs)",
        "out.show()",
        "out.outputs[0]",
    ),
    "capture without a name": cells("%%capture\nprint('gone')\n1", "print(2)"),
    "capture an error": cells("%%capture c\nprint('o')\n1 / 0", "print(1)"),
    "who": cells("alpha = 1\nbeta = 'b'", "%who", "%who int", "%who_ls", "%whos"),
    "nothing to who": one("%who"),
    "run": cells(
        "import pathlib\npathlib.Path('script.py').write_text('import sys\\nprint(__name__, sys.argv)\\nz = 3\\n')",
        "%run script.py one two",
        "z",
    ),
    "run what fails": cells(
        "import pathlib\npathlib.Path('fails.py').write_text('def f():\\n    1 / 0\\nf()\\n')", "%run fails.py"
    ),
    "run -i": cells("import pathlib\npathlib.Path('i.py').write_text('print(q)')\nq = 9", "%run -i i.py"),
    "run nothing": one("%run no_such_file.py"),
    "writefile and load": cells(
        "%%writefile w.py\nw = 1", "%%writefile -a w.py\nv = 2", "%pycat w.py", hide=(r"Overwriting|Writing",)
    ),
    "load_ext": cells("%load_ext autoreload", "%load_ext autoreload", "%load_ext no_such_extension"),
    "own extension": cells(
        "import pathlib\npathlib.Path('ext.py').write_text('def load_ipython_extension(ip): ip.push(dict(e=1))')",
        "import sys\nsys.path.insert(0, '')\n%load_ext ext\ne",
        "%reload_ext ext",
    ),
    "autoreload": cells(
        "import pathlib, sys, tempfile, os\nfolder = tempfile.mkdtemp()\nsys.path.insert(0, folder)\n"
        "p = pathlib.Path(folder, 'changing.py'); p.write_text('def f(): return 1')\n"
        "%load_ext autoreload\n%autoreload 2\nimport changing\nchanging.f()",
        "p.write_text('def f(): return 22')\nos.utime(p, (1, 2e9))",
        "changing.f()",
        "%autoreload 0\ndel sys.modules['changing']",
        hide=(r"The autoreload extension[^\n]*\n[^\n]*\n",),
    ),
    "env": cells("%env SOME_NAME=value", "%env SOME_NAME", "import os\nos.environ['SOME_NAME']", "%env -d"),
    "set_env": cells("%set_env OTHER 1", "%env NO_SUCH_NAME"),
    "pwd": one("%pwd"),
    "shell": one("!echo hi"),
    "shell to a variable": cells("x = !echo a; echo b", "x", "x.n, x.s, type(x)"),
    "shell with a variable": cells("v = 'value'\n!echo {v} $v $$HOME", "%sx echo {v}", "!!echo two"),
    "shell that fails": cells("!exit 3", "_exit_code", "y = !false\n_exit_code"),
    "shell with stderr": one("!echo oops >&2"),
    "shell in columns": one("!ls / && stty size"),
    "shell that does not exist": one("!no_such_command_at_all"),
    "system in a function": one("def f():\n    !echo in f\nf()"),
    "getoutput": one("get_ipython().getoutput('echo x')"),
    "os.system": one("import os\nos.system('true')"),
    "bash": one("%%bash\necho from bash; echo to stderr >&2"),
    "bash that fails": one("%%bash\nexit 4"),
    "sh to a variable": cells("%%sh --out got\necho kept", "got"),
    "script": one("%%script cat\nverbatim"),
    "python cell": one("%%python\nprint(5)"),
    "bash in the background": cells("%%bash --bg --proc p\nexit 0", "p is not None"),
    "line magic value": one("%pwd\nv = %pprint\nv"),
    "subprocess": one("import subprocess\nsubprocess.run(['echo', 'x'], capture_output=True).stdout"),
    "question mark": one("len?"),
    "two question marks": cells("def f(a, b=1):\n    'Says.'\n    return a", "f?", "f??", hide=()),
    "question mark for nothing": one("no_such_name?"),
    "wildcards": one("str.*find*?"),
    "question mark in the middle": one("print(1)\nlen?\n2"),
    "page": one("from IPython.core import page\npage.page('a text', start=3)"),
    "pinfo of a magic": one("%timeit?"),
    "help": one("help(len)"),
    "pydoc": one("import pydoc\npydoc.help(5.0.hex)"),
    "lsmagic value": one("sorted(get_ipython().magics_manager.magics) == ['cell', 'line']"),
    "magic that does not exist": cells(
        "%no_such_magic", "%%no_such_magic\nx", "%timeot 1", "get_ipython().run_line_magic('nope', '')"
    ),
    "cell magic as a line magic": cells("%bash", "%%who\nx"),
    "usage error": cells("%time_it", "%%capture --nope\nx", "%macro"),
    "automagic": cells("pwd", "%automagic", "%automagic"),
    "alias": cells("%alias hello echo hello", "%hello you", "%unalias hello"),
    "own magics": cells(
        "from IPython.core.magic import register_line_magic, register_cell_magic\n"
        "@register_cell_magic\ndef twice(line, cell):\n    print(line, cell * 2)\n"
        "@register_line_magic\ndef back(line):\n    return line[::-1]",
        "%%twice arg\nbody",
        "%back abc",
        "x = %back abc\nx",
    ),
    "prun": one("%prun -q x = 1", r"[\d.]+"),
    "debugging off": one("%pdb off"),
    "config": one("%config InteractiveShell.ast_node_interactivity"),
    "logstate": one("%logstate"),
    "html cell": cells("%%html\n<b>x</b>", "%%javascript\n1", "%%latex\n$x$", "%%markdown\n# x", "%%svg\n<svg/>"),
    "next input": cells(
        "get_ipython().set_next_input('x = 1')", "%%writefile n.py\ny = 1", "%load n.py", hide=(r"Overwriting|Writing",)
    ),
    "recall": cells("x = 41", "%recall"),
    "recall a cell": cells("x = 41", "x + 1", "n = len(In) - 2\n%recall $n"),
    "history": cells("x = 1", "y = 2\nz = 3", "%history -l 2", "%history -nl 2", "%history -opl 1", hide=_LINES),
    "history of a range": cells("x = 1", "n = len(In) - 2", "%history $n-", "%history -n $n", hide=_LINES),
    "rerun": cells("print('again')", "%rerun"),
    "rerun several": cells("print('one')", "print('two')", "%rerun -l 2"),
    "macro of a cell": cells("print('m')", "n = len(In) - 2", "%macro m $n", "m", "%macro -q k $n\nprint(k)"),
    "save": cells("x = 1", "n = len(In) - 2", "%save -f saved.py $n", "open('saved.py').read()"),
    "In by number": cells("'found'", "n = max(Out)\nIn[n], eval(f'_i{n}')", hide=(r"%%subinterp a.{2,4}",)),
    "store": cells("kept = [5]\n%store kept", "del kept\n%store -r kept\nkept", "%store -d kept", "%store no_such"),
    "edit": cells("%edit edited.py", "%ed -n 3 edited.py", hide=(r"/tmp/ipython_edit_\S*",)),
    "logstart": cells("%logstart -o log.py over", "%logstate", "5", "%logoff", "%logon", "%logstop"),
    "prun to a file": one("%prun -q -T prof.txt x = 1"),
    "alias_magic": cells("%alias_magic -l t timeit", "%t -q -n 1 -r 1 1"),
    "pip": one("%pip --version", r"\r"),
    "conda": one("%conda --version"),
    "directories": cells("%pushd /tmp", "%dirs", "%popd", hide=(r"(?s)The current directory is.*?\n",)),
    "await": cells("import asyncio\nawait asyncio.sleep(0.01, 'slept')", "await asyncio.gather(asyncio.sleep(0, 1))"),
    "async for and with": cells(
        "class M:\n    async def __aenter__(self): return 'entered'\n    async def __aexit__(self, *a): print('left')\n"
        "async def g():\n    yield 1\n    yield 2",
        "async with M() as m: print(m)\nasync for i in g(): print(i)\n[i async for i in g()]",
    ),
    "the loop lives on": cells(
        "import asyncio\nloop = asyncio.get_running_loop()",
        "asyncio.get_running_loop() is loop",
        "await asyncio.sleep(0)\nloop.is_running(), asyncio.get_event_loop() is loop",
    ),
    "a task lives on": cells(
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.05)\n    return 'done'\n"
        "t = asyncio.create_task(f())",
        "await t",
    ),
    "a task goes on between cells": cells(
        "import asyncio, time\nasync def f():\n    for i in range(3): await asyncio.sleep(0.01)\n    return 'done'\n"
        "t = asyncio.ensure_future(f())",
        "import time; time.sleep(0)",
        "await asyncio.sleep(0.1)\nt.done()",
    ),
    "a task that prints": cells(
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.02)\n    print('late')\n"
        "t = asyncio.create_task(f())",
        "await t",
    ),
    "a task that displays and fails": cells(
        "import asyncio\nasync def f():\n    await asyncio.sleep(0.02)\n    display('late')\n    1 / 0\n"
        "t = asyncio.create_task(f())",
        "await asyncio.wait([t])\nt.exception()",
    ),
    "a task that fails unseen": cells(
        "import asyncio\nasync def f(): 1 / 0\nt = asyncio.create_task(f())", "await asyncio.sleep(0.01)\nt.exception()"
    ),
    "queue between cells": cells(
        "import asyncio\nq = asyncio.Queue()\nt = asyncio.create_task(q.get())", "await q.put(5)\nawait t"
    ),
    "asyncio.run": one("import asyncio\nasync def f(): return 1\nasyncio.run(f())"),
    "run_until_complete": one("import asyncio\nasyncio.get_event_loop().run_until_complete(asyncio.sleep(0))"),
    "coroutine not awaited": one(
        "async def f(): pass\nf();\n1",
        r"RuntimeWarning: Enable tracemalloc[^\n]*\n",
        why_different="tracemalloc refuses sub-interpreters.",
    ),
    "to_thread": one("import asyncio\nawait asyncio.to_thread(lambda: 'from a thread')"),
    "create_subprocess_exec": one(
        "import asyncio\np = await asyncio.create_subprocess_exec('echo', 'x', stdout=asyncio.subprocess.PIPE)\n"
        "(await p.communicate())[0]"
    ),
    "contextvars": cells("import contextvars\nv = contextvars.ContextVar('v', default=0)\nv.set(1);", "v.get()"),
    "await and a variable": cells("import asyncio\nx = await asyncio.sleep(0, 7)", "x"),
    "autoawait": cells("%autoawait"),
    "get_ipython": one("get_ipython() is not None, get_ipython().user_module.__name__"),
    "pickle of a class": cells("class C: x = 1", "import pickle\npickle.loads(pickle.dumps(C())).x"),
    "inspect.getsource": cells("def f():\n    return 1", "import inspect\nprint(inspect.getsource(f))"),
    "dataclass and typing": one("from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int = 1\nP()"),
    "__main__": one("import __main__\nvalue = 1\n__main__.value, '__file__' in globals()"),
    "globals": one("sorted(n for n in globals() if not n.startswith('_'))"),
    "threads": one(
        "import threading\nthreading.current_thread() is threading.main_thread(), threading.current_thread().name"
    ),
    "thread pool": one(
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(2) as p: r = list(p.map(abs, [-1, 2]))\nr"
    ),
    "sys.argv and flags": one("import sys\nsys.flags.interactive, type(sys.stdout.name)"),
    "empty": cells("# a comment", "pass"),
    "crlf": one("x = 1\r\nif x:\r\n    print('crlf')\r\nx"),
    "backslashes": one("x = 1 + \\\n    2\nx"),
    "only a string": one("'''a\nb'''"),
    "prompts pasted": one(">>> 1 + 1\n2"),
    "ipython prompts pasted": one("In [1]: 5\n"),
    "form feed": one("\x0cx = 1\nx"),
    "non-breaking space": one("x\u00a0= 1"),
    "match": one("match [1, 2]:\n    case [a, b]: print(a, b)"),
    "walrus": one("(y := 5)"),
    "doctest mode": cells("%doctest_mode", "5", "%doctest_mode"),
}

BAD = {
    "unknown option": ("%%subinterp a --nope\n1", "%%subinterp has no option --nope; its options are "),
    "option without a value": ("%%subinterp a --gil\n1", "--gil needs a value: own or shared"),
    "no name": ("%%subinterp\n1", "needs more arguments: write %%subinterp NAME"),
    "option with a wrong value": ("%%subinterp a --gil both\n1", "--gil cannot be 'both': it is own or shared"),
    "input without a value": ("%%subinterp a -i\n1", "--input needs a value: NAME"),
    "input that is no name": ("%%subinterp a -i 1x\n1", "'1x' is not a variable"),
    "input that does not exist": ("%%subinterp a -i no_such\n1", "the notebook has no variable 'no_such'"),
    "duplicate options that differ": ("%%subinterp a --gil own --gil shared\n1", "exists, with --gil own"),
    "unbalanced quote": ("%%subinterp 'a\n1", "no closing quotation"),
    "unbalanced double quote": ('%%subinterp a "\n1', "no closing quotation"),
    "empty name": ("%%subinterp ''\n1", "lacks a name"),
    "empty name in a list": ("%%subinterp a,\n1", "lacks a name"),
    "name twice": ("%%subinterp a,a\n1", "more than once"),
    "main and another": ("%%subinterp main,a\n1", "main runs cells alone"),
    "long name": (f"%%subinterp {'n' * 3000}\n1", "at most 1000 characters"),
    "name with NUL": ("%%subinterp a\0b\n1", "cannot name an interpreter"),
    "name that reverses text": ("%%subinterp \u202ea\n1", "cannot name an interpreter"),
    "no such subcommand": ("%subinterp nope", "has no subcommand 'nope'; it has list"),
    "new without a name": ("%subinterp new", "needs more arguments: write %subinterp new NAME"),
    "close what does not exist": ("%subinterp close nobody_here", "there is no interpreter 'nobody_here'; there "),
    "new with an unknown option": ("%subinterp new x --nope", "has no option --nope"),
    "bad name": ("%%subinterp 'a b'\n1", "cannot name an interpreter"),
    "no body": ("%%subinterp a", "cell body is empty|has no subcommand"),
    "NUL": ("%%subinterp a\nx = 1\0", "null bytes"),
    "nested": ("%%subinterp a\n%%subinterp b\n1", "main interpreter only"),
    "nested line": ("%%subinterp a\n%subinterp list", "main interpreter only"),
    "connect_info": ("%%subinterp a\n%connect_info", "run this magic in the main interpreter"),
    "run a notebook": (
        "%%subinterp strict1 --extensions strict\nopen('n.ipynb', 'w').close()\n%run n.ipynb",
        "%run of a notebook needs nbformat",
    ),
    "notebook": ("%%subinterp strict2 --extensions strict\n%notebook n.ipynb", "%notebook needs nbformat"),
    "matplotlib": ("%%subinterp strict3 --extensions strict\n%matplotlib inline", "matplotlib cannot be used: "),
}
