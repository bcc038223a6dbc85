"""Labels go by path, given splits stay, ignored boxes are kept: layouts as they are published."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.datasets.records import Dataset
from tunebook.errors import DatasetError


def picture(path: Path, shade: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    number = shade or sum(map(ord, str(path)))
    Image.new("RGB", (40, 30), (number % 256, number // 256 % 256, 50)).save(path)


def coco_table(n: int, kind: str, *, names: str = "{}.png") -> dict[str, list[dict[str, object]]]:
    return {
        "images": [{"id": i, "file_name": names.format(i)} for i in range(n)],
        "annotations": [
            {"id": i, "image_id": i, "category_id": 1, "bbox": [2, 2, 9, 9]} for i in range(n)
        ],
        "categories": [{"id": 1, "name": kind}],
    }


def xml(name: str, *, difficult: int = 0, filename: str = "") -> str:
    return (
        f"<annotation><filename>{filename}</filename><object><name>{name}</name>"
        f"<difficult>{difficult}</difficult><bndbox><xmin>2</xmin><ymin>2</ymin>"
        "<xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"
    )


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def read(tmp_path: Path, **options: object) -> Dataset:
    return import_dataset(tmp_path / "in", "x", tmp_path, ImportOptions(**options)).dataset


def kinds(dataset: Dataset) -> dict[str, list[str]]:
    return {i.id: [dataset.classes[box.label] for box in i.boxes] for i in dataset.items}


def sizes(dataset: Dataset) -> dict[str, int]:
    return {split: len(dataset.of_split(split)) for split in dataset.splits}


def told(dataset: Dataset) -> str:
    return "\n".join(f"{fault.source} {fault.why}" for fault in dataset.faults)


# --- Labels by path ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("json_place", "image_place", "names"),
    [
        ("annotations/instances_{0}.json", "images/{0}", "{}.png"),
        ("annotations/instances_{0}2017.json", "{0}2017", "{}.png"),
        ("{0}/_annotations.coco.json", "{0}", "{}.png"),
        ("{0}/labels.json", "{0}/data", "{}.png"),
        ("annotations/{0}.json", "images/{0}", "../images/{0}/{{}}.png"),
        ("annotations/{0}.json", "images/{0}", "{0}\\{{}}.png"),
        ("{0}.json", "images/{0}", "{0}/{{}}.png"),
    ],
)
def test_coco_images_of_one_name_have_the_labels_of_their_split(
    json_place: str, image_place: str, names: str, tmp_path: Path
) -> None:
    root = tmp_path / "in"
    for split, kind in (("train", "cat"), ("val", "dog")):
        for i in range(3):
            picture(root / image_place.format(split) / f"{i}.png")
        table = coco_table(3, kind, names=names.format(split) if "{0}" in names else names)
        write(root / json_place.format(split), json.dumps(table))
    dataset = read(tmp_path)
    assert sizes(dataset) == {"train": 3, "train-val": 3}, told(dataset)
    for item in dataset.items:
        kind = "cat" if item.split == "train" else "dog"
        assert kinds(dataset)[item.id] == [kind]
        assert item.id.startswith(image_place.format("train" if kind == "cat" else "val"))


def test_coco_file_of_a_split_never_takes_the_pictures_of_another(tmp_path: Path) -> None:
    """The images of val were not downloaded: those of train have the same names."""
    root = tmp_path / "in"
    for i in range(3):
        picture(root / f"images/train/{i}.png")
    write(root / "instances_train.json", json.dumps(coco_table(3, "cat")))
    write(root / "instances_val.json", json.dumps(coco_table(3, "dog")))
    dataset = read(tmp_path)
    assert set(map(tuple, kinds(dataset).values())) == {("cat",)}
    assert "instances_val.json image 0 names 0.png, which is not there" in told(dataset)


def test_ambiguous_name_is_told_and_not_guessed(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for place in ("a/0.png", "b/0.png", "a/1.png"):
        picture(root / place)
    write(root / "labels.json", json.dumps(coco_table(2, "cat")))
    dataset = read(tmp_path)
    assert kinds(dataset) == {"a/1.png": ["cat"]}
    assert "labels.json image 0 names 0.png, which may be a/0.png or b/0.png" in told(dataset)


def test_case_of_a_name_decides_only_between_files_that_differ_in_it(tmp_path: Path) -> None:
    for place in ("x/0.PNG", "x/1.png", "x/1.PNG"):
        picture(tmp_path / "in" / place)
    write(tmp_path / "in/a.json", json.dumps(coco_table(2, "cat")))
    assert kinds(read(tmp_path)) == {"x/0.PNG": ["cat"], "x/1.png": ["cat"]}


def test_two_coco_files_of_the_same_pictures_do_not_double_them(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for i in range(3):
        picture(root / f"{i}.png")
    write(root / "instances.json", json.dumps(coco_table(3, "person")))
    write(root / "keypoints.json", json.dumps(coco_table(3, "person")))
    dataset = read(tmp_path)
    assert [len(item.boxes) for item in dataset.items] == [1, 1, 1]
    assert "keypoints.json names 3 pictures again" in told(dataset)


def test_category_without_a_name_is_left_out_with_its_boxes_alone(tmp_path: Path) -> None:
    table = coco_table(4, "cat")
    table["categories"] += [{"id": 2, "name": ""}, {"id": 3, "name": None}, {"id": 4}]
    for i in range(4):
        picture(tmp_path / f"in/{i}.png")
        box = {"id": 9 + i, "image_id": i, "category_id": i + 1, "bbox": [5, 5, 9, 9]}
        table["annotations"].append(box)
    write(tmp_path / "in/a.json", json.dumps(table))
    dataset = read(tmp_path)
    assert dataset.classes == ("cat",)
    assert [len(item.boxes) for item in dataset.items] == [2, 1, 1, 1]
    assert "a.json category 3 has no id or no name" in told(dataset)
    assert "a.json annotation 12 has no known class" in told(dataset)


def test_ids_as_numbers_and_as_text_are_the_same(tmp_path: Path) -> None:
    root = tmp_path / "in"
    table = coco_table(3, "cat")
    for i in range(3):
        picture(root / f"{i}.png")
        table["annotations"][i] |= {"image_id": f"{i}", "category_id": "1"}
    write(root / "a.json", json.dumps(table))
    assert set(map(tuple, kinds(read(tmp_path)).values())) == {("cat",)}


def test_voc_files_of_one_name_go_by_their_folder(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for site, kind in (("siteA", "cat"), ("siteB", "dog")):
        for i in range(4):
            picture(root / site / "JPEGImages" / f"{i}.png")
            write(root / site / "Annotations" / f"{i}.xml", xml(kind))
    found = kinds(read(tmp_path))
    assert {name[:5]: labels for name, labels in found.items()} == {
        "siteA": ["cat"],
        "siteB": ["dog"],
    }
    assert len(found) == 8


def test_voc_folders_that_mirror_each_other_belong_together(tmp_path: Path) -> None:
    for site, kind in (("a", "cat"), ("b", "dog")):
        for i in range(3):
            picture(tmp_path / "in/photos" / site / f"{i}.png")
            write(tmp_path / "in/boxes" / site / f"{i}.xml", xml(kind))
    found = kinds(read(tmp_path))
    assert {name.split("/")[1]: labels for name, labels in found.items()} == {
        "a": ["cat"],
        "b": ["dog"],
    }


def test_voc_file_without_an_image_of_its_name_takes_the_one_it_names(tmp_path: Path) -> None:
    root = tmp_path / "in"
    picture(root / "photo 1.png")
    write(root / "label_1.xml", xml("cat", filename="C:\\data\\photo 1.png"))
    picture(root / "2.png")
    write(root / "2.xml", xml("cat", filename="photo 1.png"))
    dataset = read(tmp_path)
    assert kinds(dataset) == {"2.png": ["cat"], "photo 1.png": ["cat"]}
    assert "2.xml names photo 1.png, but the image of its own name was read" in told(dataset)


def test_voc_object_without_a_name_is_left_out_alone(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for i in range(4):
        picture(root / f"{i}.png")
        nameless = "<object><name></name><bndbox/></object>" if i < 2 else ""
        text = xml("cat").replace("</annotation>", f"{nameless}</annotation>")
        write(root / f"{i}.xml", text)
    dataset = read(tmp_path)
    assert set(map(tuple, kinds(dataset).values())) == {("cat",)}
    assert len(dataset.items) == 4
    assert [fault.source for fault in dataset.faults] == ["0.xml object 2", "1.xml object 2"]


def yolo(root: Path, places: dict[str, str], body: str) -> None:
    """Write images with a label file each, whose box names the class 0 for cats, else 1."""
    for image, label in places.items():
        picture(root / image)
        write(root / label, f"{0 if 'train' in image else 1} 0.5 0.5 0.2 0.2\n")
    write(root / "data.yaml", body)


def test_yolo_labels_mirror_the_path_of_their_images(tmp_path: Path) -> None:
    splits = ("train", "val")
    places = {f"images/{s}/{i}.png": f"labels/{s}/{i}.txt" for s in splits for i in range(3)}
    yolo(tmp_path / "in", places, "names: [cat, dog]\ntrain: images/train\nval: images/val\n")
    dataset = read(tmp_path)
    assert sizes(dataset) == {"train": 3, "train-val": 3}
    for name, labels in kinds(dataset).items():
        assert labels == (["cat"] if "train" in name else ["dog"])


def test_yolo_image_without_labels_does_not_take_those_of_a_namesake(tmp_path: Path) -> None:
    root = tmp_path / "in"
    yolo(root, {"siteA/images/0.png": "siteA/labels/0.txt"}, "names: [cat, dog]")
    picture(root / "siteB/images/0.png")
    dataset = read(tmp_path)
    assert kinds(dataset) == {"siteA/images/0.png": ["dog"], "siteB/images/0.png": []}


def test_yolo_names_by_number_whatever_the_keys_are_written_as(tmp_path: Path) -> None:
    names = "".join(f"  '{i}': c{i}\n" for i in range(12))
    root = tmp_path / "in"
    for i in range(12):
        picture(root / f"images/{i}.png")
        write(root / f"labels/{i}.txt", f"{i} 0.5 0.5 0.2 0.2")
    write(root / "data.yaml", f"names:\n{names}")
    assert kinds(read(tmp_path)) == {f"images/{i}.png": [f"c{i}"] for i in range(12)}


def test_yolo_class_called_no_is_a_name(tmp_path: Path) -> None:
    yolo(tmp_path / "in", {"0.png": "0.txt", "1.png": "1.txt"}, "names: [yes, no]")
    assert read(tmp_path).classes == ("yes", "no")


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("0 0.5 0.5 0.2 0.2", (16, 12, 8, 6)),
        ("0 0.5 0.5 0.6 0.5 0.6 0.7 0.55 0.6", (20, 15, 4, 6)),
        ("0 0.5 0.5 0.6 0.5 0.6 0.7", (20, 15, 4, 6)),
        ("0 0.5 0.7 0.6 0.5 0.55 0.52 0.52 0.6 0.51 0.55", (20, 15, 4, 6)),
    ],
)
def test_yolo_polygon_is_its_hull(line: str, box: tuple[float, ...], tmp_path: Path) -> None:
    yolo(tmp_path / "in", {"0.png": "0.txt", "1.png": "1.txt"}, "names: [cat, dog]")
    write(tmp_path / "in/0.txt", line)
    (found,) = read(tmp_path).items[0].boxes
    assert (found.x, found.y, found.width, found.height) == pytest.approx(box)


def test_two_files_that_disagree_on_classes_are_refused(tmp_path: Path) -> None:
    yolo(tmp_path / "in", {"0.png": "0.txt"}, "names: [cat, dog]")
    write(tmp_path / "in/other.yaml", "names: [dog, cat]")
    with pytest.raises(DatasetError, match=r"data.yaml and other.yaml"):
        read(tmp_path)


# --- Splits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "train: a/images\nval: b/images",
        "path: ..\ntrain: ../a/images\nval: ../b/images",
        "train: /content/set/a/images\nval: /content/set/b/images",
        "train: first.txt\nval: second.txt",
        "path: /data/x\ntrain: [first.txt]\nval: [b]",
    ],
)
def test_yolo_splits_are_those_of_its_yaml(body: str, tmp_path: Path) -> None:
    root = tmp_path / "in"
    places = {f"{s}/images/{i}.png": f"{s}/labels/{i}.txt" for s in "ab" for i in range(3)}
    yolo(root, places, f"names: [cat, dog]\n{body}\n")
    for name, part in (("first", "a"), ("second", "b")):
        lines = [f"./{part}\\images\\{i}.png" for i in range(3)]
        write(root / f"{name}.txt", "\ufeff" + "\r\n".join(lines))
    assert sizes(read(tmp_path)) == {"train": 3, "train-val": 3}


def test_voc_splits_are_those_of_its_image_sets(tmp_path: Path) -> None:
    root = tmp_path / "in"
    for i in range(6):
        picture(root / f"JPEGImages/{i}.png")
        write(root / f"Annotations/{i}.xml", xml("cat"))
    sets = {"train": (0, 1), "val": (2, 3), "trainval": (0, 1, 2, 3), "test": (4, 5)}
    for name, members in sets.items():
        write(root / f"ImageSets/Main/{name}.txt", "".join(f"{i}\n" for i in members))
    dataset = read(tmp_path)
    assert sizes(dataset) == {"train": 2, "train-val": 2, "test": 2}
    assert told(dataset) == ""


def folders(root: Path, *tops: str, n: int = 20) -> None:
    for top in tops:
        for name in ("cat", "dog"):
            for i in range(n):
                picture(root / top / name / f"{i}.png")


def test_missing_validation_set_is_carved_out_of_train_and_told(tmp_path: Path) -> None:
    folders(tmp_path / "in", "train", "test")
    dataset = read(tmp_path)
    assert sizes(dataset) == {"train": 36, "train-val": 4, "test": 40}
    assert all(item.id.startswith("test/") for item in dataset.of_split("test"))
    assert dataset.details["drawn"] == {"train": 36, "train-val": 4}


@pytest.mark.parametrize("tops", [("train2017", "val2017"), ("Training", "Validation")])
def test_given_train_and_validation_stay_and_nothing_is_drawn(
    tops: tuple[str, str], tmp_path: Path
) -> None:
    folders(tmp_path / "in", *tops)
    dataset = read(tmp_path)
    assert sizes(dataset) == {"train": 40, "train-val": 40}
    assert "drawn" not in dataset.details


@pytest.mark.parametrize(
    "shares",
    [
        {"train": 0.9, "train-val": 0.1},
        {"train": 0.8, "train-val": 0.1, "test": 0.1},
        {"test": 0.2},
    ],
)
def test_i2_request_that_would_redraw_a_given_test_set_is_refused(
    shares: dict[str, float], tmp_path: Path
) -> None:
    folders(tmp_path / "in", "train", "test")
    with pytest.raises(DatasetError, match=r"brings its own test.*--split train-val=0.1"):
        read(tmp_path, shares=shares)


def test_share_of_a_missing_split_is_taken_from_train(tmp_path: Path) -> None:
    folders(tmp_path / "in", "train", "test")
    dataset = read(tmp_path, shares={"train-val": 0.25})
    assert sizes(dataset) == {"train": 30, "train-val": 10, "test": 40}


def test_class_called_train_is_a_class(tmp_path: Path) -> None:
    for name in ("bus", "car", "train"):
        for i in range(20):
            picture(tmp_path / "in" / name / f"{i}.png")
    dataset = read(tmp_path)
    assert dataset.classes == ("bus", "car", "train")
    assert sizes(dataset) == {"train": 48, "train-val": 6, "test": 6}


def test_folder_beside_the_splits_does_not_hide_them(tmp_path: Path) -> None:
    folders(tmp_path / "in", "train", "val")
    picture(tmp_path / "in/docs/figure.png")
    dataset = read(tmp_path)
    assert dataset.classes == ("cat", "dog")
    assert sizes(dataset) == {"train": 40, "train-val": 40}
    assert dataset.details["strays"] == ["docs/figure.png"]


def test_tables_called_after_splits_are_one_table(tmp_path: Path) -> None:
    for name, n in (("train", 50), ("test", 20)):
        rows = "".join(f"{i},{i % 2}\n" for i in range(n))
        write(tmp_path / f"in/{name}.csv", f"x,label\n{rows}")
    assert sizes(read(tmp_path)) == {"train": 45, "train-val": 5, "test": 20}


def test_items_in_no_split_join_train_and_it_is_told(tmp_path: Path) -> None:
    rows = [f"{i},{i % 2},{('test', '', 'train', 'val')[i % 4]}" for i in range(80)]
    write(tmp_path / "in/t.csv", "\n".join(["x,label,split", *rows]))
    dataset = read(tmp_path)
    assert sizes(dataset) == {"train": 40, "train-val": 20, "test": 20}
    assert "t.csv line 3 is in no split and joins train, as do 19 others" in told(dataset)


# --- Ignored boxes and sizes ------------------------------------------------------------------


def test_crowds_and_difficult_objects_are_kept_as_ignored(tmp_path: Path) -> None:
    table = coco_table(4, "cat")
    for i in range(4):
        picture(tmp_path / f"in/{i}.png")
        picture(tmp_path / f"voc/{i}.png")
        write(tmp_path / f"voc/{i}.xml", xml("cat", difficult=int(i == 0)))
    rle = {"counts": [3, 5], "size": [30, 40]}
    table["annotations"][0] |= {"iscrowd": 1, "segmentation": rle}
    write(tmp_path / "in/a.json", json.dumps(table))
    for folder in ("in", "voc"):
        stored = import_dataset(tmp_path / folder, folder, tmp_path)
        first, *others = stored.dataset.items
        assert [box.is_ignored for box in first.boxes] == [True]
        assert first.objects == ()
        assert all(len(item.objects) == 1 for item in others)


@pytest.mark.parametrize("kind", ["coco", "voc"])
def test_declared_size_is_compared_with_the_picture(kind: str, tmp_path: Path) -> None:
    table = coco_table(4, "cat")
    for i in range(4):
        picture(tmp_path / f"in/{i}.png")
        width, height = (80, 60) if i == 0 else (40, 30)
        table["images"][i] |= {"width": width, "height": height}
        size = f"<size><width>{width}</width><height>{height}</height></size></annotation>"
        if kind == "voc":
            write(tmp_path / f"in/{i}.xml", xml("cat").replace("</annotation>", size))
    if kind == "coco":
        write(tmp_path / "in/a.json", json.dumps(table))
    (fault,) = read(tmp_path).faults
    assert fault.check == "declared-size"
    assert "says 80 x 60 pixels, but the picture has 40 x 30" in fault.why
