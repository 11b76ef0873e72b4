"""Everything that can be reached from an object: attributes, items, chained errors, their frames and closures.

What Python knows no names for, such as the items of a deque, the arguments of a partial or the frame of a generator, is
found as the garbage collector finds it.
"""

import asyncio
import contextvars
import gc
import types
from collections.abc import Mapping

import aiohttp

_LEAVES = (int, float, complex, bool, type(None), type, types.ModuleType, types.CodeType)
# They know all that runs, the server of the test included.
_LEAVES += (asyncio.AbstractEventLoop, contextvars.Context)
# Of an open connection aiohttp keeps what the server said last; the client leads there, and the caller has the client.
_LEAVES += (aiohttp.BaseConnector,)


def reachable(thing, *, frames=True, closed=()):
    """Yield what can be reached from an object, the object itself first.

    The frames of the tests themselves are left out: they hold the key that they look for. Without `frames` all are, and
    what is of a `closed` class is not looked into.
    """
    leaves = (*_LEAVES, *closed, *(() if frames else (types.TracebackType,)))
    waiting, seen = [thing], {}
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, leaves):
            continue
        seen[id(one)] = one
        yield one
        waiting += _neighbours(one)


def _neighbours(one):
    if isinstance(one, str | bytes | bytearray):
        return []
    if isinstance(one, types.FrameType):
        return _locals(one)
    for kind, parts in _KINDS:
        if isinstance(one, kind):
            return parts(one)
    return _parts(one) + gc.get_referents(one)


def _locals(frame):
    module = str(frame.f_globals.get("__name__"))
    is_test = "hostile" in module or ".test_" in module or module.startswith(("_pytest", "pluggy", "pytest"))
    return [] if is_test else list(frame.f_locals.values())


def _parts(one):
    found = []
    if isinstance(one, BaseException):
        found += [one.__cause__, one.__context__, one.__traceback__, *one.args]
    if isinstance(one, Mapping):
        found += [*one.keys(), *one.values()]
    elif isinstance(one, list | tuple | set | frozenset):
        found += list(one)
    found += list(getattr(one, "__dict__", {}).values())
    for kind in type(one).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            try:
                found.append(object.__getattribute__(one, _mangled(kind, name)))
            except AttributeError:
                continue
    return found


def _mangled(kind, name):
    return f"_{kind.__name__.lstrip('_')}{name}" if name.startswith("__") and not name.endswith("__") else name


def _content(cell):
    try:
        return cell.cell_contents
    except ValueError:
        return None


_KINDS = (
    (types.TracebackType, lambda one: [one.tb_next, one.tb_frame]),
    (
        types.FunctionType,
        lambda one: [*map(_content, one.__closure__ or ()), one.__defaults__, one.__kwdefaults__, one.__dict__],
    ),
    (types.MethodType, lambda one: [one.__self__, one.__func__]),
    (types.BuiltinFunctionType, lambda one: [one.__self__]),
    (types.CoroutineType, lambda one: [one.cr_frame]),
    (types.GeneratorType, lambda one: [one.gi_frame]),
    (types.AsyncGeneratorType, lambda one: [one.ag_frame]),
)


def texts(thing, **bounds):
    """Return every string and every bytes that can be reached, as text."""
    found = (one for one in reachable(thing, **bounds) if isinstance(one, str | bytes | bytearray))
    return [one if isinstance(one, str) else bytes(one).decode("latin-1") for one in found]
