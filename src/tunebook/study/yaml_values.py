"""What plain words in a study file are: YAML 1.2's numbers, true, false and null; else text.

PyYAML alone follows YAML 1.1, where ``1e-4`` is a text, ``on`` is true and ``12:30`` is 750.
"""

from __future__ import annotations

import re
from typing import final

import yaml

_PLAIN = (
    ("tag:yaml.org,2002:null", r"~|null|Null|NULL|", "~nN\0"),
    ("tag:yaml.org,2002:bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("tag:yaml.org,2002:int", r"[-+]?(?:0|[1-9][0-9]*)", "-+0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"[-+]?(?:(?:\.[0-9]+|[0-9]+\.[0-9]*)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)"
        r"|[-+]?\.(?:inf|Inf|INF)"
        r"|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("tag:yaml.org,2002:merge", r"<<", "<"),
)


@final
class StudyLoader(yaml.SafeLoader):
    """Reads study files."""


@final
class StudyDumper(yaml.SafeDumper):
    """Writes study files so that ``StudyLoader`` reads the same values."""


StudyLoader.yaml_implicit_resolvers = {}
StudyDumper.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in _PLAIN:
    _starts = ["" if sign == "\0" else sign for sign in _first]
    for _kind in (StudyLoader, StudyDumper):
        _kind.add_implicit_resolver(_tag, re.compile(rf"(?:{_pattern})$"), _starts)
