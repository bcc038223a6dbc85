"""Every format is imported, whole or not at all; what is wrong is named and the rest survives."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from tunebook.datasets.library import ImportOptions, import_dataset, names_of, open_dataset
from tunebook.datasets.records import Dataset, Kind
from tunebook.datasets.splitting import sample_of, with_splits
from tunebook.errors import DatasetError


def sizes(dataset: Dataset) -> dict[str, int]:
    return {split: len(dataset.of_split(split)) for split in dataset.splits}


def test_s0_1_same_files_have_the_same_version_under_any_name(coco, tmp_path):
    one = import_dataset(coco, "a", tmp_path)
    again = import_dataset(coco, "a", tmp_path)
    other = import_dataset(coco, "b", tmp_path)
    assert one.version == again.version == other.version
    assert names_of(tmp_path) == ["a", "b"]


def test_coco_boxes_and_classes_in_three_scripts_are_kept(coco, tmp_path):
    stored = import_dataset(coco, "shapes", tmp_path)
    assert stored.dataset.classes == ("circle", "квадрат", "方块")
    assert sum(len(item.boxes) for item in stored.dataset.items) == 240
    again = open_dataset("shapes", tmp_path)
    assert again.dataset == stored.dataset
    assert again.path_of(str(again.dataset.items[0].file)).is_file()


def test_s0_1_each_fault_is_listed_and_the_good_items_survive(change, tmp_path):
    def spoil(table):
        table["images"][3]["file_name"] = "nowhere.png"
        table["annotations"][20]["category_id"] = None
        table["annotations"][40]["bbox"] = [5, 5, 0, 10]
        table["annotations"][60]["bbox"] = [500, 5, 10, 10]
        table["annotations"][80]["bbox"] = [55, 55, 20, 20]
        table["images"].append({**table["images"][7], "file_name": "008.png"})

    coco = change(spoil)
    (coco / "images" / "100.png").write_bytes((coco / "images" / "100.png").read_bytes()[:80])
    dataset = import_dataset(coco, "spoilt", tmp_path).dataset
    told = [f"{fault.source} {fault.why}" for fault in dataset.faults]
    assert len(dataset.items) == 118
    for words in (
        "image 3 names nowhere.png, which is not there",
        "annotation 20 has no known class",
        "annotation 40 has a box without area",
        "annotation 60 has a box outside of its image",
        "annotation 80 has a box that was cut",
        "image 7 has the number of another image",
        "images/100.png is damaged",
    ):
        assert any(words in one for one in told), (words, told)


def test_images_of_every_mode_are_read_and_turned_upright(folders, tmp_path):
    place = folders / "circle"
    for mode, suffix in (("CMYK", "jpg"), ("P", "png"), ("L", "png"), ("RGBA", "png")):
        Image.new("RGB", (40, 20), (200, 30, 30)).convert(mode).save(place / f"{mode}.{suffix}")
    Image.new("I;16", (40, 20), 30000).save(place / "deep.png")
    turned = Image.new("RGB", (40, 20))
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.save(place / "turned.jpg", exif=exif)
    Image.new("RGB", (9, 9)).save(place / "wrong.jpg", "PNG")
    (place / "empty.png").write_bytes(b"")
    (place / "text.png").write_text("no image")
    dataset = import_dataset(folders, "modes", tmp_path).dataset
    sizes = {item.id: item.size for item in dataset.items}
    assert sizes["circle/turned.jpg"] == (20, 40)
    assert {"circle/deep.png", "circle/CMYK.jpg", "circle/P.png"} <= set(sizes)
    told = {fault.source: fault.why for fault in dataset.faults}
    assert told["circle/wrong.jpg"] == "is PNG though it is called .jpg"
    assert told["circle/empty.png"] == "is empty"
    assert told["circle/text.png"] == "is not an image that can be read"


def test_links_that_lead_out_and_circles_of_links_are_left_alone(folders, tmp_path):
    (folders / "circle" / "loop").symlink_to(folders)
    (folders / "circle" / "hosts.png").symlink_to("/etc/hosts")
    dataset = import_dataset(folders, "links", tmp_path).dataset
    assert len(dataset.items) == 120


@pytest.mark.parametrize("name", ["../evil.png", "/evil.png", "a/../../evil.png"])
def test_archive_with_a_path_that_leads_out_is_refused_and_nothing_is_imported(name, tmp_path):
    path = tmp_path / "evil.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(DatasetError, match="leads out of it"):
        import_dataset(path, "evil", tmp_path)
    assert names_of(tmp_path) == []
    assert not (tmp_path / "evil.png").exists()
    assert [p.name for p in (tmp_path / "datasets").iterdir()] == []


def test_archive_with_a_link_is_refused(tmp_path):
    path = tmp_path / "links.tar"
    with tarfile.open(path, "w") as archive:
        link = tarfile.TarInfo("hosts.png")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/hosts"
        archive.addfile(link, io.BytesIO())
    with pytest.raises(DatasetError, match="link or a device"):
        import_dataset(path, "links", tmp_path)


def test_archive_is_imported_as_its_folder(folders, tmp_path):
    shutil.make_archive(str(tmp_path / "shapes"), "gztar", folders.parent, "folders")
    zipped = import_dataset(tmp_path / "shapes.tar.gz", "zipped", tmp_path)
    assert zipped.version == import_dataset(folders, "plain", tmp_path).version


def test_voc_and_yolo_have_the_boxes_that_coco_has(coco, tmp_path):
    wanted = import_dataset(coco, "coco", tmp_path).dataset
    voc, yolo = tmp_path / "voc", tmp_path / "yolo"
    for item in wanted.items:
        name = Path(str(item.file)).stem
        for root in (voc, yolo):
            (root / "images").mkdir(parents=True, exist_ok=True)
            shutil.copy(coco / str(item.file), root / "images" / f"{name}.png")
        objects = "".join(
            f"<object><name>{wanted.classes[b.label]}</name><bndbox><xmin>{b.x}</xmin>"
            f"<ymin>{b.y}</ymin><xmax>{b.x + b.width}</xmax><ymax>{b.y + b.height}</ymax>"
            "</bndbox></object>"
            for b in item.boxes
        )
        (voc / f"{name}.xml").write_text(f"<annotation>{objects}</annotation>", encoding="utf-8")
        lines = [
            f"{b.label} {(b.x + b.width / 2) / 64} {(b.y + b.height / 2) / 64} "
            f"{b.width / 64} {b.height / 64}"
            for b in item.boxes
        ]
        (yolo / "images" / f"{name}.txt").write_text("\n".join(lines))
    (yolo / "classes.txt").write_text("\n".join(wanted.classes), encoding="utf-8")
    for root in (voc, yolo):
        found = import_dataset(root, root.name, tmp_path).dataset
        assert found.kind is Kind.DETECTION
        assert found.classes == wanted.classes
        for one, other in zip(found.items, wanted.items, strict=True):
            assert [box.label for box in one.boxes] == [box.label for box in other.boxes]
            assert [round(b.x, 3) for b in one.boxes] == [round(b.x, 3) for b in other.boxes]


def test_table_with_mixed_types_names_the_cell_and_keeps_the_row(tmp_path):
    rows = [f"{i},{i * 0.5},{'a' if i % 2 else 'b'},{i % 3}" for i in range(60)]
    rows[10] = "10,oops,a,1"
    rows[20] = "20,1.5,b"
    rows[30] = "30,,a,"
    (tmp_path / "t.csv").write_text("n,size,colour,label\n" + "\n".join(rows))
    dataset = import_dataset(tmp_path / "t.csv", "t", tmp_path).dataset
    assert dataset.kind is Kind.TABLE
    assert dataset.classes == ("0", "1", "2")
    assert len(dataset.items) == 58
    told = [f"{f.source} {f.why}" for f in dataset.faults]
    assert "t.csv line 12 size: 'oops' is no number" in told
    assert "t.csv line 22 has 3 fields, not 4" in told
    assert "t.csv line 32 has no label" in told


def test_column_of_sentences_makes_texts(tmp_path):
    rows = [f'"the film number {i} was {"fine" if i % 2 else "dull"}",{i % 2}' for i in range(40)]
    (tmp_path / "films.csv").write_text("review,label\n" + "\n".join(rows))
    dataset = import_dataset(tmp_path / "films.csv", "films", tmp_path).dataset
    assert dataset.kind is Kind.TEXT_CLASSES
    assert dataset.items[1].text == "the film number 1 was fine"


def test_unknown_column_and_format_are_refused_with_the_nearest(tmp_path):
    (tmp_path / "t.csv").write_text("a,label\n1,2\n")
    with pytest.raises(DatasetError, match="label"):
        import_dataset(tmp_path / "t.csv", "t", tmp_path, ImportOptions(target="labl"))
    with pytest.raises(DatasetError, match="coco"):
        import_dataset(tmp_path / "t.csv", "t", tmp_path, ImportOptions(format="cocoo"))


def test_s2_11_splits_have_the_same_share_of_every_class_and_no_order(folders, tmp_path):
    dataset = import_dataset(folders, "shapes", tmp_path).dataset
    for split, n in (("train", 32), ("train-val", 4), ("test", 4)):
        labels = [item.label for item in dataset.of_split(split)]
        assert [labels.count(label) for label in range(3)] == [n, n, n]
    assert [i.id for i in dataset.of_split("test")] != [i.id for i in dataset.items[-12:]]
    other = with_splits(dataset, {"train": 0.5, "test": 0.5}, seed=3)
    assert len(other.of_split("train")) == 60


def test_s0_11_smaller_samples_lie_within_larger_ones(folders, tmp_path):
    items = import_dataset(folders, "shapes", tmp_path).dataset.of_split("train")
    labels = [item.label for item in items]
    places = [set(sample_of(labels, share)) for share in (0.1, 0.5, 1.0)]
    assert places[0] < places[1] < places[2]
    chosen = [labels[place] for place in places[1]]
    assert [chosen.count(label) for label in range(3)] == [16, 16, 16]


@pytest.fixture
def birds(tmp_path):
    """Twelve images of two classes and two published divisions of them."""
    root = tmp_path / "birds"
    for number in range(12):
        path = root / "images" / f"{number:02d} bird.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (32, 32), (20 * number, 100, 50)).save(path)
    (root / "classes.txt").write_text("1 001.Albatross\n2 002.Auklet\n")
    lines = [f"images/{number:02d} bird.png {number % 2}" for number in range(12)]
    (root / "train.txt").write_text("\n".join(lines[:10]))
    (root / "test.txt").write_text("\n".join(lines[10:]) + "\n")
    return root


def test_s3_1_lists_of_images_are_splits_and_another_division_is_another_version(birds, tmp_path):
    stored = import_dataset(birds, "birds", tmp_path)
    assert stored.dataset.classes == ("001.Albatross", "002.Auklet")
    # The lists have no validation set: it is drawn out of train, and test stays as it is.
    assert sizes(stored.dataset) == {"train": 9, "train-val": 1, "test": 2}
    assert [item.label for item in stored.dataset.of_split("test")] == [0, 1]
    lines = (birds / "train.txt").read_text().splitlines()
    (birds / "train.txt").write_text("\n".join(lines[:6]))
    with (birds / "test.txt").open("a") as file:
        file.write("\n".join(lines[6:]))
    again = import_dataset(birds, "birds", tmp_path)
    assert sizes(again.dataset) == {"train": 5, "train-val": 1, "test": 6}
    assert again.version != stored.version


def test_faults_of_lists_have_file_and_line(birds, tmp_path):
    with (birds / "train.txt").open("a") as file:
        file.write("\nnowhere.png 0\n../../etc/passwd 0\nimages/00 bird.png 1\nalone\n")
    dataset = import_dataset(birds, "birds", tmp_path).dataset
    assert {fault.source: fault.why.partition(",")[0] for fault in dataset.faults} == {
        "train.txt:11": "names nowhere.png",
        "train.txt:12": "names ../../etc/passwd",
        "train.txt:13": "names images/00 bird.png again",
        "train.txt:14": "has no path and class",
    }
    assert len(dataset.items) == 12


def test_class_that_no_name_belongs_to_is_refused(birds, tmp_path):
    with (birds / "train.txt").open("a") as file:
        file.write("\nimages/00 bird.png 7\n")
    (birds / "test.txt").write_text("images/11 bird.png 7\n")
    with pytest.raises(DatasetError, match=r"classes that classes\.txt has not"):
        import_dataset(birds, "birds", tmp_path)
