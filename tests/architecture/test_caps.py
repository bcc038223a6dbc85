"""The caps on size and shape. Raise one only with a decision record in docs/decisions."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from statistics import median, quantiles

FILE_LINES, FILE_LINES_MEDIAN = 500, 200
FUNCTION_LINES, FUNCTION_LINES_P90 = 60, 35
NESTING = 4
CLASS_LINES, CLASS_METHODS = 300, 12
PARAMETERS = 7
PUBLIC_POSITIONAL = 2  # of what the package exports
POSITIONAL = 4  # of everything else: decision 0007
REPEATED_LINES = 6

# Classes that may have more public methods, and why.
MANY_METHODS = {
    "Store": "decision 0008: one object owns the connection",
    "SqlStore": "a Store",
    "MemoryStore": "a Store",
}
# Functions that may have more parameters, and why. In cli/ a parameter is an option of a command.
MANY_PARAMETERS = {
    "tune": "the whole description of a study, all but two by keyword: a contract with users",
    "create": "Study.create takes what tune takes",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def _nodes(sources, *kinds):
    return [(s.name, node) for s in sources for node in ast.walk(s.tree) if isinstance(node, kinds)]


def _functions(sources):
    return _nodes(sources, ast.FunctionDef, ast.AsyncFunctionDef)


def _length(node: Function | ast.ClassDef) -> int:
    """Lines from ``def`` or ``class`` to the end, without the docstring."""
    first = node.body[0]
    lines = node.end_lineno - node.lineno + 1
    return lines - (first.end_lineno - first.lineno + 1 if _is_text(first) else 0)


def _is_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _nesting(node: ast.AST) -> int:
    """How deep blocks lie in blocks. An ``elif`` is as deep as its ``if``."""
    deepest = 0
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (*Function.__args__, ast.ClassDef, ast.Lambda)):
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        blocks = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try)
        is_block = isinstance(child, (*blocks, ast.TryStar, ast.Match)) and not is_elif
        deepest = max(deepest, _nesting(child) + is_block)
    return deepest


def _positional(node: Function) -> list[str]:
    arguments = [*node.args.posonlyargs, *node.args.args]
    return [a.arg for a in arguments if a.arg not in {"self", "cls"}]


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__") and name != "__init__"


def test_files_are_short(sources):
    lengths = {s.name: len(s.lines) for s in sources}
    assert {name: n for name, n in lengths.items() if n > FILE_LINES} == {}
    assert median(lengths.values()) <= FILE_LINES_MEDIAN


def test_functions_are_short(sources):
    lengths = {(name, f.name, f.lineno): _length(f) for name, f in _functions(sources)}
    assert {where: n for where, n in lengths.items() if n > FUNCTION_LINES} == {}
    assert quantiles(lengths.values(), n=10)[-1] <= FUNCTION_LINES_P90


def test_functions_are_flat(sources):
    depths = {(name, f.name, f.lineno): _nesting(f) for name, f in _functions(sources)}
    assert {where: n for where, n in depths.items() if n > NESTING} == {}


def test_classes_are_short(sources):
    lengths = {(name, c.name): _length(c) for name, c in _nodes(sources, ast.ClassDef)}
    assert {where: n for where, n in lengths.items() if n > CLASS_LINES} == {}


def test_classes_have_few_public_methods(sources):
    def methods(node: ast.ClassDef) -> list[str]:
        """Public methods; properties read as attributes, ``test_...`` are claims of a suite."""
        functions = [f for f in node.body if isinstance(f, Function) and not f.decorator_list]
        return [f.name for f in functions if not f.name.startswith(("_", "test_"))]

    many = {
        (name, c.name): methods(c)
        for name, c in _nodes(sources, ast.ClassDef)
        if c.name not in MANY_METHODS and len(methods(c)) > CLASS_METHODS
    }
    assert many == {}


def test_functions_take_few_parameters(sources):
    many = {}
    for name, f in _functions(sources):
        names = [*_positional(f), *(a.arg for a in f.args.kwonlyargs)]
        is_exempt = f.name in MANY_PARAMETERS or name.startswith("cli/") or _is_dunder(f.name)
        if len(names) > PARAMETERS and not is_exempt:
            many[name, f.name, f.lineno] = names
    assert many == {}


def test_functions_take_few_parameters_by_position(sources):
    many = {
        (name, f.name, f.lineno): _positional(f)
        for name, f in _functions(sources)
        if len(_positional(f)) > POSITIONAL
        and (f.name == "__init__" or not f.name.startswith("_"))
        and not name.startswith("cli/")
    }
    assert many == {}


def test_public_functions_take_the_rest_by_keyword():
    many = {}
    for label, function in _public_functions():
        kinds = (function.args.posonlyargs, function.args.args)
        names = [a.arg for group in kinds for a in group if a.arg not in {"self", "cls"}]
        if len(names) > PUBLIC_POSITIONAL:
            many[label] = names
    assert many == {}


def _public_functions() -> Iterator[tuple[str, Function]]:
    """What users call: the exported functions, and the methods of exported classes."""
    import inspect
    import textwrap

    import tunebook

    for name in getattr(tunebook, "__all__", ()):
        exported = getattr(tunebook, name)
        if not (inspect.isfunction(exported) or inspect.isclass(exported)):
            continue
        tree = ast.parse(textwrap.dedent(inspect.getsource(exported)))
        for node in ast.walk(tree):
            if isinstance(node, Function) and (
                not node.name.startswith("_") or node.name == "__init__"
            ):
                yield f"{name}: {node.name}", node


def test_no_block_is_repeated(sources):
    """Six lines of code that stand twice want a name. Imports, texts and brackets do not count."""
    first: dict[tuple[str, ...], tuple[str, int]] = {}
    repeated = []
    for source in sources:
        code = list(_code_lines(source))
        for i in range(len(code) - REPEATED_LINES + 1):
            window = code[i : i + REPEATED_LINES]
            place = (source.name, window[0][0])
            seen = first.setdefault(tuple(line for _, line in window), place)
            if seen != place:
                repeated.append((seen, place))
    assert repeated == []


def _code_lines(source) -> Iterator[tuple[int, str]]:
    silent = set()
    for node in ast.walk(source.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)) or _is_text(node):
            silent.update(range(node.lineno, node.end_lineno + 1))
    for number, line in enumerate(source.lines, start=1):
        text = line.strip()
        if number not in silent and any(c.isalnum() for c in text) and not text.startswith("#"):
            yield number, text
