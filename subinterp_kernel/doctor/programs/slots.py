"""Reads what extension modules declare: their init functions are called, in copies of the files."""

from __future__ import annotations

from subinterp_kernel.doctor.programs.reporting import one_line, request_and_report, try_each

__all__ = ["read", "read_here"]


def read_here(name: str, path: str) -> str | None:
    """Return what the module in a file declares; called in an interpreter with a GIL of its own."""
    from subinterp_kernel.bindings import extensions

    return extensions.known_declaration(path) or extensions.PrivateCopy(path).declaration(name)


def read(item: tuple[str, str]) -> dict[str, object]:
    """Return the declaration of a module, given by its name and file, or the error."""
    import subinterp_kernel as sk

    name, path = item
    try:
        with sk.create() as interpreter:
            return {"declared": interpreter.call(read_here, name, path)}
    except sk.InterpreterError as error:
        return {"error": one_line(error)}


def main() -> None:
    """Answer the doctor."""
    request, report = request_and_report()
    try_each(request["items"], report, read)


if __name__ == "__main__":
    main()
