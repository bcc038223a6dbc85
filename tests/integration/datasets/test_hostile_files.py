"""Damaged, sloppy and hostile files: a named error or a told fault, never a traceback or a wait."""

from __future__ import annotations

import io
import json
import os
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from PIL import Image

from tunebook.datasets import archives, opener
from tunebook.datasets.library import import_dataset, names_of, open_dataset
from tunebook.datasets.opener import Source
from tunebook.datasets.quality import judge_quality
from tunebook.errors import DatasetError

Make = Callable[[Path], object]


def picture(path: Path, shade: int = 90) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (40, 30), (shade, 2 * shade % 255, 50)).save(path)
    return path


def table(n: int = 6) -> dict[str, list[dict[str, object]]]:
    return {
        "images": [{"id": i, "file_name": f"{i}.png"} for i in range(n)],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1, "bbox": [2, 2, 9, 9]} for i in range(n)
        ],
        "categories": [{"id": 1, "name": "cat"}],
    }


def coco(root: Path, change: Callable[[dict], object] = lambda _: None) -> Path:
    for i in range(6):
        picture(root / f"{i}.png", 20 * i + 5)
    content = table()
    change(content)
    (root / "a.json").write_text(json.dumps(content))
    return root / "a.json"


def voc(root: Path, xml: str | bytes = "", name: str = "0") -> None:
    for i in range(6):
        picture(root / f"{i}.png", 20 * i + 5)
        (root / f"{i}.xml").write_text(VOC)
    if xml:
        (root / f"{name}.xml").write_bytes(xml.encode() if isinstance(xml, str) else xml)


VOC = (
    "<annotation><object><name>cat</name><bndbox><xmin>2</xmin><ymin>2</ymin>"
    "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
)


BEETLE = VOC.replace("cat", "Käfer")


def yolo(root: Path, names: str = "names: [cat]", label: str = "0 0.5 0.5 0.2 0.2") -> None:
    for i in range(6):
        picture(root / "images" / f"{i}.png", 20 * i + 5)
        (root / "labels").mkdir(exist_ok=True)
        (root / "labels" / f"{i}.txt").write_text("0 0.5 0.5 0.2 0.2")
    (root / "labels" / "0.txt").write_text(label)
    (root / "data.yaml").write_text(names)


def classes(root: Path) -> Path:
    for name in ("cat", "dog"):
        for i in range(5):
            picture(root / name / f"{i}.png", 20 * i + 5 + len(name))
    return root / "cat" / "0.png"


def csv(root: Path, content: bytes) -> None:
    (root / "t.csv").write_bytes(content)


def bomb_png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(10_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(
        f'<!ENTITY {c} "{"&" + chr(ord(c) - 1) + ";"}{"&" + chr(ord(c) - 1) + ";"}">'
        for c in "bcdefghijklmnopqrstuvwxyz"
    )
    + "]><annotation><object><name>&z;</name></object></annotation>"
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><annotation>&e;</annotation>'
ALIASES = "".join(
    ["a: &a [x, x]\n"]
    + [f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghijklmnop")]
    + ["names: *p\n"]
)

REFUSED: dict[str, tuple[Make, str]] = {
    "empty folder": (lambda root: None, "Nothing here looks like a dataset"),
    "no image": (lambda root: (root / "x.bin").write_bytes(b"x"), "looks like a dataset"),
    "empty json": (lambda root: coco(root).write_text(""), "folders of classes"),
    "truncated json": (
        lambda root: coco(root).write_text(json.dumps(table())[:300]),
        r"a.json line 1 is not JSON",
    ),
    "json of lists": (
        lambda root: coco(root).write_text('["images", "annotations"]'),
        "no COCO file",
    ),
    "deep json": (
        lambda root: coco(root).write_text('{"images":[],"annotations":' + "[" * 10_000),
        "a.json is nested too deeply|not JSON",
    ),
    "json in cp1251": (
        lambda root: coco(root).write_bytes(
            json.dumps(table(), ensure_ascii=False).replace("cat", "кошка").encode("cp1251")
        ),
        "a.json line 1 is not text in UTF-8",
    ),
    "json with a long number": (
        lambda root: coco(root).write_text(
            json.dumps(table()).replace("[2,", "[" + "9" * 5000 + ",", 1)
        ),
        "a.json is not JSON",
    ),
    "images is a number": (lambda root: coco(root, lambda t: t.update(images=3)), "no COCO file"),
    "nothing but unusable images": (
        lambda root: coco(root, lambda t: t.update(images=[None, 3, {}, {"id": 1}])),
        "Nothing could be imported",
    ),
    "two names for one id": (
        lambda root: coco(root, lambda t: t["categories"].append({"id": 1, "name": "dog"})),
        "gives the id 1 to two categories",
    ),
    "yaml aliases": (lambda root: yolo(root, ALIASES), "data.yaml line 2 .*alias"),
    "yaml too large": (
        lambda root: yolo(root, "names: [" + "cat, " * 300_000 + "cat]"),
        "data.yaml has .* bytes, more than",
    ),
    "deep yaml": (
        lambda root: yolo(root, "names: " + "[" * 900_000),
        "data.yaml line 1 is .*nest",
    ),
    "yaml is no yaml": (
        lambda root: yolo(root, "names: [cat\nb: }"),
        "data.yaml line 2 is not YAML",
    ),
    "yaml runs no code": (
        lambda root: yolo(root, "names: !!python/object/apply:os.getcwd []"),
        "no names of classes",
    ),
    "names is a number": (
        lambda root: yolo(root, "names: 3"),
        "data.yaml has names that are not a list",
    ),
    "names by words": (
        lambda root: yolo(root, "names: {cat: 0}"),
        "data.yaml has names that are not a list",
    ),
    "names of lists": (
        lambda root: yolo(root, "names: [[a], {b: c}]"),
        "data.yaml has names that are not a list",
    ),
    "number too large": (
        lambda root: yolo(root, "names: {99999999999999999999: a}"),
        "names that are not a list",
    ),
    "empty table": (lambda root: csv(root, b""), "t.csv is not a table"),
    "table of names": (lambda root: csv(root, b"a,b\n"), "t.csv has no rows"),
    "table with zeros": (lambda root: csv(root, b"a,b\n1,\0\0\n"), "t.csv line 2 is not text"),
    "binary table": (lambda root: csv(root, bytes(range(256)) * 9), r"t.csv line \d is not text"),
    "table in cp1251": (
        lambda root: csv(root, "x,цвет\n1,красный\n".encode("cp1251")),
        "t.csv line 1 is not text",
    ),
    "table in Shift JIS": (
        lambda root: csv(root, "x,y\n1,東京都\n".encode("shift_jis")),
        "t.csv line 2 is not text",
    ),
    "half a letter of UTF-16": (
        lambda root: csv(root, "\ufeffa,b\n1,2\n".encode("utf-16-le")[:-1]),
        "t.csv is not the UTF-16-LE",
    ),
    "table without names": (
        lambda root: csv(root, b"5.1,3.5,iris\n4.9,3.0,iris\n"),
        "t.csv line 1 begins with numbers",
    ),
    "endless cell": (
        lambda root: csv(root, b'a,b\n1,"' + b"x" * 10_000_001),
        "t.csv line 2 is not a table",
    ),
    "several tables": (
        lambda root: (csv(root, b"a,b\n1,2\n"), (root / "u.csv").write_bytes(b"a,b\n3,4\n")),
        "several tables",
    ),
    "damaged parquet": (lambda root: (root / "t.parquet").write_bytes(b"PAR1xxPAR1"), "Parquet"),
    "folder called like a table": (lambda root: (root / "t.csv").mkdir(), "looks like a dataset"),
}


@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_read_is_a_named_error_and_nothing_is_imported(
    make: Make, words: str, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    make(tmp_path / "in")
    with pytest.raises(DatasetError, match=words):
        import_dataset(tmp_path / "in", "x", tmp_path)
    assert names_of(tmp_path) == []


def boxes(*numbers: object) -> Make:
    return lambda root: coco(root, lambda t: t["annotations"][0].update(bbox=list(numbers)))


def first(**values: object) -> Make:
    return lambda root: coco(root, lambda t: t["annotations"][0].update(values))


def image(**values: object) -> Make:
    return lambda root: coco(root, lambda t: t["images"][0].update(values))


TOLD: dict[str, tuple[Make, str, int]] = {
    "box of NaN": (boxes(float("nan"), 1, 5, 5), "annotation 0 has a box that is not of four", 6),
    "infinite box": (boxes(1, 1, float("inf"), 5), "annotation 0 has a box that is not of four", 6),
    "box of words": (boxes("a", 1, 5, 5), "annotation 0 has a box that is not of four", 6),
    "box of lists": (boxes([1], 1, 5, 5), "annotation 0 has a box that is not of four", 6),
    "box of three": (boxes(1, 1, 5), "annotation 0 has a box that is not of four", 6),
    "huge box": (boxes(10**400, 1, 5, 5), "annotation 0 has a box that is not of four", 6),
    "negative box": (boxes(9, 9, -5, 5), "annotation 0 has a box without area", 6),
    "box is a text": (first(bbox="2,2,9,9"), "annotation 0 has no box", 6),
    "class is a list": (first(category_id=[1]), "annotation 0 has no known class", 6),
    "image is a list": (first(image_id=[1]), "annotation 0 is of an image that is not there", 6),
    "same id twice": (first(id=1), "annotation 1 has the id of another annotation", 6),
    "annotation is a number": (
        lambda root: coco(root, lambda t: t["annotations"].append(3)),
        "annotation 6 is not an object",
        6,
    ),
    "path is absolute": (
        image(file_name="/etc/passwd"),
        "image 0 names /etc/passwd, which lies outside",
        5,
    ),
    "path leads up": (
        image(file_name="../../../etc/passwd"),
        "image 0 names ../../../etc/passwd, which lies outside",
        5,
    ),
    "path of Windows": (
        image(file_name="C:\\x\\y.png"),
        "image 0 names .*y.png, which lies outside",
        5,
    ),
    "path with a zero": (image(file_name="a\0b.png"), "image 0 names .*, which is not there", 5),
    "path is an address": (
        image(file_name="http://x/1/7.png"),
        "image 0 names .*, which lies outside",
        5,
    ),
    "path is a list": (image(file_name=["0.png"]), "image 0 names .*, which is not there", 5),
    "path is a folder": (
        lambda root: (
            coco(root, lambda t: t["images"][0].update(file_name="d")),
            (root / "d").mkdir(),
        ),
        "image 0 names d, which is not there",
        5,
    ),
    "id of half a letter": (image(id="\ud800"), "annotation 0 is of an image that is not there", 6),
    "half a letter": (
        lambda root: coco(root).write_text(json.dumps(table()).replace('"0.png"', '"\\ud800.png"')),
        "image 0 names",
        5,
    ),
    "damaged image": (
        lambda root: (coco(root), (root / "0.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))),
        "0.png is",
        5,
    ),
    "empty image": (
        lambda root: (coco(root), (root / "0.png").write_bytes(b"")),
        "0.png is empty",
        5,
    ),
    "bomb of an image": (
        lambda root: (coco(root), (root / "0.png").write_bytes(bomb_png(60_000, 60_000))),
        "0.png is",
        5,
    ),
    "PostScript": (
        lambda root: (
            coco(root),
            (root / "0.png").write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ),
        "0.png is not an image",
        5,
    ),
    "size of words": (image(width="wide", height=None), "", 6),
    "link out": (
        lambda root: (coco(root), (root / "z.png").symlink_to("/etc/hosts")),
        "z.png is a link that leads out",
        6,
    ),
    "folder out": (
        lambda root: (coco(root), (root / "z").symlink_to("/etc")),
        "z is a link that leads out",
        6,
    ),
    "circle": (
        lambda root: (coco(root), (root / "z").symlink_to(root)),
        "z is a link to a folder",
        6,
    ),
    "link to itself": (
        lambda root: (coco(root), (root / "z.png").symlink_to(root / "z.png")),
        "z.png cannot be read",
        6,
    ),
    "broken link": (
        lambda root: (coco(root), (root / "z.png").symlink_to("gone")),
        "z.png cannot be read",
        6,
    ),
    "pipe": (
        lambda root: (coco(root), os.mkfifo(root / "z.json")),
        "z.json is not a regular file",
        6,
    ),
    "name in no encoding": (
        lambda root: (
            coco(root),
            Path(os.fsdecode(os.fsencode(root) + b"/\xff.png")).write_bytes(b"x"),
        ),
        "has a name that is not plain text",
        6,
    ),
    "folder called like an image": (lambda root: (coco(root), (root / "z.png").mkdir()), "", 6),
    "xml truncated": (lambda root: voc(root, VOC[:60]), "0.xml line 1 is not XML", 5),
    "xml laughs": (lambda root: voc(root, LAUGHS), "0.xml .*entities", 5),
    "xml reads a file": (lambda root: voc(root, OUTSIDE), "0.xml .*entities", 5),
    "xml very deep": (lambda root: voc(root, "<annotation>" + "<a>" * 100_000), "0.xml", 5),
    "xml deep and whole": (
        lambda root: voc(
            root, "<annotation>" + "<a>" * 300_000 + "</a>" * 300_000 + "</annotation>"
        ),
        "",
        6,
    ),
    "xml in Latin-1": (lambda root: voc(root, BEETLE.encode("latin-1")), "", 6),
    "xml declared as Latin-1": (
        lambda root: voc(
            root, f'<?xml version="1.0" encoding="ISO-8859-1"?>{BEETLE}'.encode("latin-1")
        ),
        "",
        6,
    ),
    "xml in UTF-16": (lambda root: voc(root, VOC.encode("utf-16")), "", 6),
    "xml of another encoding": (
        lambda root: voc(root, f'<?xml version="1.0" encoding="no-such"?>{VOC}'),
        "",
        6,
    ),
    "xml box of NaN": (
        lambda root: voc(root, VOC.replace(">2<", ">nan<")),
        "0.xml object 1 has a box that is not of four",
        6,
    ),
    "xml box of words": (
        lambda root: voc(root, VOC.replace(">2<", ">two<")),
        "0.xml object 1 has a box that is not of four",
        6,
    ),
    "xml without a name": (
        lambda root: voc(root, VOC.replace("cat", " ")),
        "0.xml object 1 has no name",
        6,
    ),
    "xml without an image": (
        lambda root: voc(root, VOC, name="9"),
        "9.xml has no image of its name",
        6,
    ),
    "xml of an image outside": (
        lambda root: voc(
            root, VOC.replace("<object>", "<filename>../../x.png</filename><object>"), name="9"
        ),
        "9.xml names ../../x.png, which lies outside",
        6,
    ),
    "yolo class of NaN": (
        lambda root: yolo(root, label="nan 0.5 0.5 0.2 0.2"),
        "0.txt line 1 names class nan",
        6,
    ),
    "yolo class beyond": (
        lambda root: yolo(root, label="7 0.5 0.5 0.2 0.2"),
        "0.txt line 1 names class 7, of 1",
        6,
    ),
    "yolo half a class": (
        lambda root: yolo(root, label="0.5 0.5 0.5 0.2 0.2"),
        "0.txt line 1 names class 0.5",
        6,
    ),
    "yolo infinite": (
        lambda root: yolo(root, label="0 inf 0.5 0.2 0.2"),
        "0.txt line 1 is not: class",
        6,
    ),
    "yolo with a confidence": (
        lambda root: yolo(root, label="0 0.5 0.5 0.2 0.2 0.9"),
        "0.txt line 1 is not: class",
        6,
    ),
    "yolo of words": (
        lambda root: yolo(root, label="cat and dog"),
        "0.txt line 1 is not: class",
        6,
    ),
    "yolo in pixels": (
        lambda root: yolo(root, label="0 20 15 9 9"),
        "0.txt line 1 has a box outside",
        6,
    ),
    "yolo labels are binary": (
        lambda root: (yolo(root), (root / "labels/0.txt").write_bytes(b"\0\1\xff\xfe")),
        "labels/0.txt line 1 is not",
        6,
    ),
    "yolo labels without image": (
        lambda root: (yolo(root), (root / "labels/9.txt").write_text("0 0.5 0.5 0.2 0.2")),
        "labels/9.txt has no image",
        6,
    ),
    "yolo split elsewhere": (
        lambda root: yolo(root, "names: [cat]\ntrain: /nowhere/x\nval: ../gone"),
        "data.yaml names /nowhere/x",
        6,
    ),
    "name with a command to the terminal": (
        lambda root: yolo(root, 'names: ["\\e[31mcat"]'),
        "",
        6,
    ),
    "image of another kind": (
        lambda root: Image.new("RGB", (9, 9)).save(classes(root), "JPEG"),
        "cat/0.png is JPEG though",
        10,
    ),
    "infinite number": (
        lambda root: csv(
            root,
            b"x,y\n" + b"".join(b"%d,%d.5\n" % (i, i) for i in range(50)) + b"inf,3.5\n1e999,3.5\n",
        ),
        "t.csv line 52 x: inf is infinite",
        52,
    ),
    "row too long": (
        lambda root: csv(root, b"x,y\n" + b"1,a\n2,b\n" * 9 + b"1,2,3\n"),
        "t.csv line 20 has 3 fields",
        18,
    ),
}


@pytest.mark.parametrize(("make", "words", "n"), TOLD.values(), ids=TOLD)
def test_what_is_wrong_is_told_and_the_rest_is_imported(
    make: Make, words: str, n: int, tmp_path: Path
) -> None:
    (tmp_path / "in").mkdir()
    make(tmp_path / "in")
    dataset = import_dataset(tmp_path / "in", "x", tmp_path).dataset
    told = [f"{fault.source} {fault.why}" for fault in dataset.faults]
    assert len(dataset.items) == n, told
    assert not words or any(re.search(words, one) for one in told), told
    assert "\x1b" not in "".join([*dataset.classes, *told])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("kind", ["coco", "table"])
def test_a_windows_encoding_changes_nothing(encoding: str, kind: str, tmp_path: Path) -> None:
    plain, other = tmp_path / "plain", tmp_path / "other"
    for root in (plain, other):
        root.mkdir()
        if kind == "coco":
            coco(root, lambda t: t["categories"][0].update(name="Käfer"))
            path = root / "a.json"
        else:
            csv(root, "x,Größe\n".encode() + b"1,a\n2,b\n" * 9)
            path = root / "t.csv"
    path.write_bytes(path.read_text("utf-8").encode(encoding))
    one, two = (import_dataset(root, root.name, tmp_path) for root in (plain, other))
    assert one.dataset == two.dataset
    assert [fault.why for fault in two.dataset.faults] == []


def zipped(path: Path, name: str = "0.png", content: bytes = b"x") -> zipfile.ZipFile:
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED)
    archive.writestr(name, content)
    return archive


@pytest.mark.parametrize("limit", ["all", "ratio"])
def test_archive_that_unpacks_to_too_much_is_refused_before_a_byte_is_written(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zipped(tmp_path / "bomb.zip", content=bytes(5_000_000)).close()
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as archive:
        member = tarfile.TarInfo("0.png")
        member.size = 5_000_000
        archive.addfile(member, io.BytesIO(bytes(5_000_000)))
    limits = {"MAX_BYTES": 1_000_000} if limit == "all" else {"FREE_BYTES": 1000}
    for name, value in limits.items():
        monkeypatch.setattr(archives, name, value)
    for name in ("bomb.zip", "bomb.tar.gz"):
        with pytest.raises(DatasetError, match="too large"):
            import_dataset(tmp_path / name, "x", tmp_path)
    assert list((tmp_path / "datasets").iterdir()) == []


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.tar.xz", "x.tgz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"\x1f\x8b\x08", b"text" * 999])
def test_damaged_archive_is_a_named_error(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=r"x\.\w+"):
        import_dataset(tmp_path / name, "x", tmp_path)


def test_archive_of_windows_has_folders(tmp_path: Path) -> None:
    classes(tmp_path / "in")
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for path in (tmp_path / "in").rglob("*.png"):
            info = zipfile.ZipInfo("x")
            info.filename = f"{path.parent.name}\\{path.name}"
            archive.writestr(info, path.read_bytes())
    assert len(import_dataset(tmp_path / "x.zip", "x", tmp_path).dataset.items) == 10


def test_large_file_and_large_image_are_refused_unread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    classes(tmp_path)
    monkeypatch.setattr(opener, "MAX_PIXELS", 1000)
    source = Source(tmp_path)
    assert source.image("cat/0.png") is None
    assert source.faults[0].why == "is too large: 40 x 30 pixels"
    with pytest.raises(DatasetError, match=r"cat/1\.png has .* bytes, more than 9"):
        source.content("cat/1.png", limit=9)


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("gone"), lambda _: None])
def test_path_that_is_no_file_is_a_named_error(make: Make, tmp_path: Path) -> None:
    make(tmp_path / "x.csv")
    with pytest.raises(DatasetError, match=r"x\.csv"):
        import_dataset(tmp_path / "x.csv", "x", tmp_path)


def test_damaged_version_says_to_import_again(tmp_path: Path) -> None:
    classes(tmp_path / "in")
    stored = import_dataset(tmp_path / "in", "x", tmp_path)
    path = stored.folder / "items.jsonl"
    path.write_text(path.read_text()[:200])
    with pytest.raises(DatasetError, match="Import it again"):
        import_dataset(tmp_path / "in", "x", tmp_path)


def test_version_that_an_earlier_tunebook_wrote_is_read_and_found_again(tmp_path: Path) -> None:
    coco(tmp_path / "in")
    stored = import_dataset(tmp_path / "in", "x", tmp_path)
    place = stored.folder / "items.jsonl"
    head, *items = place.read_text().splitlines()
    told = json.loads(head)
    assert "is_ignored" not in "".join(items)
    # Faults had no check, and details said neither what was drawn nor what is stray.
    told |= {"details": {}, "faults": [{"source": "a.json", "why": "is odd", "is_left_out": True}]}
    place.write_text("\n".join([json.dumps(told), *items]) + "\n")
    old = open_dataset("x", tmp_path)
    assert old.dataset.items == stored.dataset.items
    assert [finding.check for finding in judge_quality(old.dataset, old.folder)]
    assert old.dataset.version() == old.version
    again = import_dataset(tmp_path / "in", "x", tmp_path)
    assert again.version == old.version
    assert open_dataset("x", tmp_path).dataset == stored.dataset
