"""Random programs that create, share, view, export and close arrays in several interpreters, beside a model of them."""

from __future__ import annotations

import gc
import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import subinterp_kernel as sk

PLACES = ("main", "a", "b")
EXPORTS = {
    "memoryview": "memoryview({})",
    "ctypes": "{}.as_ctypes()",
    "capsule": "{}.capsule()",
    "dlpack": "{}.__dlpack__(max_version=(1, 0))",
}
COUNTED = ("memoryview", "ctypes")  # what close() must notice; the others have holds of their own


@dataclass
class Block:
    values: list[int]


@dataclass
class Object:
    """One Python object: an array over some elements of a block, or an export of such an array."""

    block: Block
    elements: list[int]
    of: Object | None = None
    kind: str = "array"
    contiguous: bool = True
    exports: int = field(default=0)


class Place:
    """An interpreter with variables, driven by source code; the main one is a dict."""

    def __init__(self, name: str) -> None:
        self.interpreter = None if name == "main" else sk.create(name)
        self.namespace: dict[str, Any] = {"sk": sk}
        self.exec("import subinterp_kernel as sk, gc")

    def exec(self, source: str) -> None:
        if self.interpreter is None:
            exec(source, self.namespace)
        else:
            self.interpreter.exec(source)

    def get(self, name: str) -> Any:
        return self.namespace[name] if self.interpreter is None else self.interpreter.get(name)

    def set(self, name: str, value: object) -> None:
        if self.interpreter is None:
            self.namespace[name] = value
        else:
            self.interpreter.prepare_main({name: value})

    def close(self) -> None:
        self.namespace.clear()
        if self.interpreter is not None:
            self.interpreter.close()


class SharedMemoryMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.places = {name: Place(name) for name in PLACES}
        self.variables: dict[tuple[str, str], Object] = {}
        self.numbers = itertools.count()

    def teardown(self) -> None:
        for place in self.places.values():
            place.close()
        gc.collect()
        assert sk.live_object_count() == 0

    def new_name(self) -> str:
        return f"v{next(self.numbers)}"

    def pick(self, data: st.DataObject, *kinds: str) -> tuple[str, str, Object]:
        chosen = [key for key, made in self.variables.items() if made.kind in kinds]
        place, name = data.draw(st.sampled_from(chosen))
        return place, name, self.variables[place, name]

    def has(self, *kinds: str) -> bool:
        return any(made.kind in kinds for made in self.variables.values())

    # --------------------------------------------------------------------------------------------------- the rules

    @rule(place=st.sampled_from(PLACES), size=st.integers(0, 9))
    def create(self, place: str, size: int) -> None:
        name = self.new_name()
        self.places[place].exec(f"{name} = sk.SharedArray({size}, 'q')")
        self.variables[place, name] = Object(Block([0] * size), list(range(size)))

    @precondition(lambda self: self.has("array"))
    @rule(data=st.data(), to=st.sampled_from(PLACES))
    def share(self, data: st.DataObject, to: str) -> None:
        place, name, made = self.pick(data, "array")
        new = self.new_name()
        self.places[to].set(new, self.places[place].get(name))
        if to == place == "main":
            self.variables[to, new] = made  # the very same object
        else:
            self.variables[to, new] = Object(made.block, made.elements, contiguous=made.contiguous)

    @precondition(lambda self: self.has("array"))
    @rule(data=st.data(), part=st.builds(slice, st.none() | st.integers(-9, 9), st.none() | st.integers(-9, 9),
                                         st.sampled_from([None, 1, 2, -1, -3])))  # fmt: skip
    def view(self, data: st.DataObject, part: slice) -> None:
        place, name, made = self.pick(data, "array")
        new = self.new_name()
        self.places[place].exec(f"{new} = {name}[{part.start}:{part.stop}:{part.step}]")
        contiguous = (part.step in (None, 1) and made.contiguous) or len(made.elements[part]) < 2
        self.variables[place, new] = Object(made.block, made.elements[part], contiguous=contiguous)

    @precondition(lambda self: self.has("array"))
    @rule(data=st.data(), kind=st.sampled_from([*EXPORTS]))
    def export(self, data: st.DataObject, kind: str) -> None:
        place, name, made = self.pick(data, "array")
        if kind == "ctypes" and not made.contiguous:
            return
        new = self.new_name()
        self.places[place].exec(f"{new} = {EXPORTS[kind].format(name)}")
        self.variables[place, new] = Object(made.block, [], made, kind)
        made.exports += kind in COUNTED

    @precondition(lambda self: self.has("capsule"))
    @rule(data=st.data())
    def adopt(self, data: st.DataObject) -> None:
        place, name, capsule = self.pick(data, "capsule")
        new = self.new_name()
        self.places[place].exec(f"{new} = sk.SharedArray.from_capsule({name}); del {name}")
        del self.variables[place, name]
        origin = capsule.of
        assert origin is not None
        self.variables[place, new] = Object(origin.block, origin.elements, contiguous=origin.contiguous)

    @precondition(lambda self: self.has("array"))
    @rule(data=st.data(), value=st.integers(-(2**63), 2**63 - 1), index=st.integers(-9, 8), add=st.booleans())
    def write(self, data: st.DataObject, value: int, index: int, add: bool) -> None:
        place, name, made = self.pick(data, "array")
        if not -len(made.elements) <= index < len(made.elements):
            return
        self.places[place].exec(f"{name}.{'fetch_add' if add else 'store'}({index}, {value})")
        element = made.elements[index]
        total = made.block.values[element] + value if add else value
        made.block.values[element] = (total + 2**63) % 2**64 - 2**63

    @precondition(lambda self: self.has("array"))
    @rule(data=st.data())
    def read(self, data: st.DataObject) -> None:
        place, name, made = self.pick(data, "array")
        self.places[place].exec(f"seen = {name}.tolist()")
        assert self.places[place].get("seen") == [made.block.values[element] for element in made.elements]

    @precondition(lambda self: self.variables)
    @rule(data=st.data())
    def drop(self, data: st.DataObject) -> None:
        place, name, _ = self.pick(data, "array", *EXPORTS)
        self.forget(place, name)
        self.places[place].exec(f"del {name}")

    @precondition(lambda self: self.has("array"))
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        place, name, made = self.pick(data, "array")
        refused = f"try: {name}.close(); done = True\nexcept BufferError: done = False"
        self.places[place].exec(refused)
        assert self.places[place].get("done") == (made.exports == 0)
        if made.exports == 0:
            for key in [key for key, other in self.variables.items() if other is made]:
                del self.variables[key]

    @rule(place=st.sampled_from(PLACES[1:]))
    def end_interpreter(self, place: str) -> None:
        for other, name in [key for key in self.variables if key[0] == place]:
            self.forget(other, name)
        self.places[place].close()
        self.places[place] = Place(place)

    def forget(self, place: str, name: str) -> None:
        made = self.variables.pop((place, name))
        if made.kind in COUNTED and made.of is not None:
            made.of.exports -= 1

    @invariant()
    def exactly_what_is_held_lives(self) -> None:
        held = {id(made.block) for made in self.variables.values()}
        if sk.live_object_count() != len(held):
            gc.collect()  # a refused close() leaves an exception with its frames
        assert sk.live_object_count() == len(held)
        assert all(set(row["held_by"]) <= set(PLACES) for row in sk.shared_objects())


SharedMemoryMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)


@pytest.mark.timeout(600)
class TestSharedMemory(SharedMemoryMachine.TestCase):
    """Hypothesis's way to run the machine."""
