"""What must not be written: blind excepts, unexplained exemptions, names that say nothing."""

from __future__ import annotations

import ast
import re
import sys
from math import ceil

# Files that call the user's code, whose failures are of any kind.
BLIND_EXCEPT = {
    "checks/looks/attempts.py": "runs the parts of the user's task",
    "checks/looks/bench.py": "tries the user's network and loss on batches that they may not take",
    "checks/looks/metric.py": "tries the user's metric on outputs that it may not take",
    "checks/looks/shape.py": "tries the user's loss on outputs that it may not take",
    "execution/attempt.py": "runs the training function",
    "execution/user_code.py": "imports the user's module",
    "execution/inline.py": "carries an error of the driver past the user's code",
    "training/task.py": "imports the user's task",
    "training/tracked.py": "loads states into the user's objects",
}
# Who touches environment variables besides settings.py.
ENVIRONMENT = {
    "settings.py": "the reader of settings",
    "execution/": "hands the environment on to the processes it starts",
    "testing/trainings.py": "shows what a worker was given",
}
NAMES_THAT_SAY_NOTHING = {
    *("core", "lib", "common", "util", "utils", "helper", "helpers", "manager", "base", "misc"),
}
LINES_PER_IGNORE = 1000

TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore")
REASONED_TYPE_IGNORE = re.compile(r"#\s*type:\s*ignore\[[a-z, -]+\]\s+# \S")
NOQA = re.compile(r"#\s*(ruff:\s*)?noqa", re.IGNORECASE)
REASONED_NOQA = re.compile(r"#\s*noqa: [A-Z0-9]+(, ?[A-Z0-9]+)*\s+[#-] \S")


def test_blind_excepts_stand_where_user_code_is_called(sources):
    blind = [
        (s.name, node.lineno)
        for s in sources
        if s.name not in BLIND_EXCEPT
        for node in ast.walk(s.tree)
        if isinstance(node, ast.ExceptHandler) and _is_blind(node)
    ]
    assert blind == []


def _is_blind(handler: ast.ExceptHandler) -> bool:
    """Whether it catches everything and does not raise it again."""
    last = handler.body[-1]
    if isinstance(last, ast.Raise) and last.exc is None:
        return False
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(
        kind is None or (isinstance(kind, ast.Name) and kind.id in {"Exception", "BaseException"})
        for kind in caught
    )


def test_ignored_types_are_few_and_have_reasons(sources):
    ignores = _lines_with(sources, TYPE_IGNORE)
    assert [found for found in ignores if not REASONED_TYPE_IGNORE.search(found[2])] == []
    assert len(ignores) <= ceil(sum(len(s.lines) for s in sources) / LINES_PER_IGNORE)


def test_ignored_lints_have_reasons(sources):
    found = _lines_with(sources, NOQA)
    assert [place for place in found if not REASONED_NOQA.search(place[2])] == []


def _lines_with(sources, pattern):
    return [
        (s.name, number, line)
        for s in sources
        for number, line in enumerate(s.lines, start=1)
        if pattern.search(line)
    ]


def test_modules_bear_names_that_say_something(sources):
    parts = {(s.name, part) for s in sources for part in s.name.removesuffix(".py").split("/")}
    assert [name for name, part in parts if part in NAMES_THAT_SAY_NOTHING] == []


def test_environment_is_read_by_settings_alone(sources):
    readers = [
        (s.name, node.lineno)
        for s in sources
        if not s.name.startswith(tuple(ENVIRONMENT))
        for node in ast.walk(s.tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert readers == []


def test_records_and_errors_need_the_standard_library_alone(sources):
    foreign = [
        (s.name, module)
        for s in sources
        if s.name.startswith("records/") or s.name == "errors.py"
        for module in _imported(s.tree)
        if module.split(".")[0] not in {*sys.stdlib_module_names, "tunebook"}
    ]
    assert foreign == []


def _imported(tree: ast.Module) -> list[str]:
    modules = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module or "")
    return modules
