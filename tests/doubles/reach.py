"""Which functions and classes of the package a user can reach, by the names that reached code uses.

The roots are computed: the console script, the public names of ``tunebook`` and what registries
name in strings. A package's ``__all__`` is no root. Methods count as reached where the class is and
reached code uses their name.
"""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src"
Place = tuple[str, str]
"""A module and a name in it: of a function, a class, a method (``Class.method``) or a constant."""

WHOLE = ""
"""The name that stands for what a module does when it is imported."""

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Module:
    """What a module defines, imports, and does while it is imported."""

    name: str
    defined: dict[str, list[ast.AST]] = field(default_factory=dict)
    imported: dict[str, Place] = field(default_factory=dict)
    lazy: dict[str, Place] = field(default_factory=dict)


class Reach:
    """The definitions of a package, and those that can be reached."""

    def __init__(self, source: Path = SOURCE, package: str = "tunebook") -> None:
        self.modules = {}
        for path in sorted((source / package).rglob("*.py")):
            name = ".".join(path.relative_to(source).with_suffix("").parts).removesuffix(
                ".__init__"
            )
            self.modules[name] = _read(name, ast.parse(path.read_text(encoding="utf-8")))
        for module in self.modules.values():
            self._add_lazy(module)
        self._attributes: set[str] = set()

    def reached(self, roots: set[Place]) -> set[Place]:
        """Return everything that the roots lead to."""
        found: set[Place] = set()
        while True:
            before = len(found), len(self._attributes)
            self._follow(roots | self._used_methods(found), found)
            if before == (len(found), len(self._attributes)):
                return found

    def definitions(self, *packages: str) -> Iterator[Place]:
        """Yield the public functions, classes and methods of some packages."""
        for module in self.modules.values():
            if not any(f"{module.name}.".startswith(f"tunebook.{p}.") for p in packages):
                continue
            for name, nodes in module.defined.items():
                is_made = isinstance(nodes[0], _FUNCTION | ast.ClassDef)
                if is_made and not any(part.startswith("_") for part in name.split(".")):
                    yield module.name, name

    def _follow(self, waiting: set[Place], found: set[Place]) -> None:
        todo = list(waiting)
        while todo:
            place = todo.pop()
            if place in found or place[0] not in self.modules:
                continue
            found.add(place)
            todo.append((place[0], WHOLE))
            for node in self.modules[place[0]].defined.get(place[1], []):
                todo.extend(self._uses(self.modules[place[0]], node))

    def _used_methods(self, found: set[Place]) -> set[Place]:
        return {
            (name, defined)
            for name, module in self.modules.items()
            for defined in module.defined
            if "." in defined
            and (name, defined.split(".")[0]) in found
            and (defined.split(".")[1] in self._attributes or defined.endswith("__"))
        }

    def _uses(self, module: Module, node: ast.AST) -> Iterator[Place]:
        for inner in _inside(node):
            match inner:
                case ast.Name(id=name):
                    yield from self._resolve(module.name, name)
                case ast.Attribute(value=ast.Name(id=base), attr=name):
                    self._attributes.add(name)
                    for place, whole in self._resolve(module.name, base):
                        if whole == WHOLE:
                            yield from self._resolve(place, name)
                case ast.Attribute(attr=name):
                    self._attributes.add(name)
                case ast.Tuple(elts=[ast.Constant(value=str(place)), ast.Constant(value=name)]):
                    yield from self._named(f"{place}:{name}")
                case ast.Constant(value=str(text)):
                    yield from self._named(text)

    def _named(self, text: str) -> Iterator[Place]:
        """Yield what a string names: ``module:Name``, or a module that is loaded by its name."""
        place, _, name = text.partition(":")
        if place not in self.modules or place == "tunebook" or place.count(".") < 1:
            return
        module = self.modules[place]
        names = [name] if name else [n for n, nodes in module.defined.items() if _is_value(nodes)]
        yield from ((place, known) for known in (*names, WHOLE, *(["main"] if not name else [])))

    def _resolve(self, module: str, name: str, depth: int = 0) -> Iterator[Place]:
        known = self.modules.get(module)
        if known is None or depth > 8:
            return
        if name in known.defined:
            yield module, name
        elif (target := known.imported.get(name) or known.lazy.get(name)) is not None:
            place, wanted = target
            inner = f"{place}.{wanted}" if wanted else place
            if inner in self.modules:
                yield inner, WHOLE
            else:
                yield from self._resolve(place, wanted, depth + 1)

    def _add_lazy(self, module: Module) -> None:
        """Note the names that a module hands on from where a table of strings says they are."""
        tables = (n for nodes in module.defined.values() for node in nodes for n in ast.walk(node))
        for table in (t for t in tables if isinstance(t, ast.Dict)):
            for key, value in zip(table.keys, table.values, strict=True):
                match key, value:
                    case ast.Constant(value=str(name)), ast.Constant(value=str(place)):
                        for full in (place, f"{module.name}.{place}"):
                            if name in getattr(self.modules.get(full), "defined", ()):
                                module.lazy[name] = (full, name)


def _read(name: str, tree: ast.Module) -> Module:
    module = Module(name)
    for node in tree.body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                module.defined.setdefault(node.name, []).append(node)
                if any(isinstance(d, ast.Call) for d in node.decorator_list):
                    # Such as @app.command("list"): who decorates it keeps it.
                    module.defined.setdefault(WHOLE, []).append(ast.Name(node.name, ast.Load()))
            case ast.ClassDef():
                module.defined.setdefault(node.name, []).append(node)
                for method in node.body:
                    if isinstance(method, _FUNCTION):
                        module.defined.setdefault(f"{node.name}.{method.name}", []).append(method)
            case ast.Assign() | ast.AnnAssign() if not _is_all(node):
                for target in ast.walk(node):
                    if isinstance(target, ast.Name) and isinstance(target.ctx, ast.Store):
                        module.defined.setdefault(target.id, []).append(node)
            case ast.Expr(value=ast.Constant()) | ast.Import() | ast.ImportFrom():
                pass
            case _ if not _is_all(node):
                module.defined.setdefault(WHOLE, []).append(node)
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                module.imported[alias.asname or alias.name] = (node.module, alias.name)
        elif isinstance(node, ast.Import):
            for alias in node.names:
                if alias.asname:
                    module.imported[alias.asname] = (alias.name, WHOLE)
    return module


def _inside(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what a definition contains; the methods of a class are definitions of their own."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        yield inner
        is_class = isinstance(inner, ast.ClassDef)
        waiting.extend(
            child
            for child in ast.iter_child_nodes(inner)
            if not (is_class and isinstance(child, _FUNCTION))
        )


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(
        isinstance(t, ast.Name) and t.id == "__all__" for t in node.targets
    )


def _is_value(nodes: list[ast.AST]) -> bool:
    return not isinstance(nodes[0], _FUNCTION | ast.ClassDef)


def computed_roots(reach: Reach) -> set[Place]:
    """Return the console scripts, the entry points and the public names."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = [project["scripts"], *project.get("entry-points", {}).values()]
    named = {tuple(place.split(":")) for group in groups for place in group.values()}
    public = set(reach.modules["tunebook"].lazy.values())
    ways_in = {("tunebook.search.registry", "WHERE"), ("tunebook.__main__", WHOLE)}
    return named | public | ways_in
