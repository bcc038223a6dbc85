"""Tables as tools in many countries write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tunebook.datasets.library import ImportOptions, import_dataset
from tunebook.datasets.records import Dataset
from tunebook.errors import DatasetError


def read(tmp_path: Path, text: str, encoding: str = "utf-8", **options: str) -> Dataset:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    return import_dataset(path, "t", tmp_path, ImportOptions(**options)).dataset


def column(dataset: Dataset, name: str) -> list[object]:
    place = dataset.columns.index(name)
    return [item.row[place] for item in dataset.items]


def told(dataset: Dataset) -> list[str]:
    return [f"{fault.source} {fault.why}" for fault in dataset.faults]


ROWS = "".join(f"{i},{i % 7},{'ab'[i % 2]}\n" for i in range(100))


def test_gaps_leave_a_column_of_numbers_as_it_is(tmp_path: Path) -> None:
    gaps = ["", "NA", "n/a", "NaN", "null", "None", "?", "-", "#N/A"]
    rows = "".join(f"{gap},1,a\n" for gap in gaps)
    dataset = read(tmp_path, f"x,y,label\n{ROWS}{rows}")
    assert column(dataset, "x") == [*map(float, range(100)), *[None] * len(gaps)]
    assert told(dataset) == []


def test_na_among_words_is_a_word_and_told(tmp_path: Path) -> None:
    rows = "".join(f"{('DE', 'NA', 'ZA')[i % 3]},{i},{'ab'[i % 2]}\n" for i in range(30))
    dataset = read(tmp_path, f"country,x,label\n{rows}")
    assert set(column(dataset, "country")) == {"DE", "NA", "ZA"}
    assert told(dataset) == ["t.csv line 3 country: 'NA' is read as a word, 10 times in the column"]


def test_infinite_and_absent_targets_are_left_out_and_told(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i}.5\n" for i in range(50))
    dataset = read(tmp_path, f"x,y\n{rows}1,inf\n2,NA\n3,-Infinity\n")
    assert len(dataset.items) == 50
    assert dataset.classes == ()
    assert "t.csv line 52 y: inf is infinite" in told(dataset)
    assert {f"t.csv line {n} has no y" for n in (52, 53, 54)} < set(told(dataset))


def test_semicolons_and_decimal_commas_are_numbers(tmp_path: Path) -> None:
    rows = "".join(f"{i},25;1,{100 + i};{'ab'[i % 2]}\n" for i in range(30))
    dataset = read(tmp_path, f"x;y;label\n{rows}")
    assert column(dataset, "x")[:2] == [0.25, 1.25]
    assert column(dataset, "y")[:2] == [1.1, 1.101]


def test_comma_that_may_be_thousands_is_not_guessed(tmp_path: Path) -> None:
    rows = "".join(f'"{i},{100 + i}",{"ab"[i % 2]}\n' for i in range(1, 30))
    dataset = read(tmp_path, f"x,label\n{rows}")
    assert column(dataset, "x")[0] == "1,101"
    assert "x: 1,101 may be a decimal or thousands" in told(dataset)[0]


def test_thousands_are_never_cut_at_the_comma(tmp_path: Path) -> None:
    rows = "".join(f'"{i},{100 + i}.5",{"ab"[i % 2]}\n' for i in range(1, 30))
    assert column(read(tmp_path, f"x,label\n{rows}"), "x")[:2] == [1101.5, 2102.5]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("1.234,5", "2,5", "1.000", "7"), (1234.5, 2.5, 1000.0, 7.0)),
        (("1,234,567", "1,000", "7"), (1234567.0, 1000.0, 7.0)),
        (("0,555", "1,786"), (0.555, 1.786)),
        (("1e-3", "-2,5e3", "NA"), None),
    ],
)
def test_numbers_of_two_countries(
    cells: tuple[str, ...], numbers: tuple[float, ...] | None, tmp_path: Path
) -> None:
    rows = "".join(f"{cells[i % len(cells)]};{'ab'[i % 2]}\n" for i in range(24))
    found = column(read(tmp_path, f"x;label\n{rows}"), "x")
    assert found[: len(cells)] == list(numbers or (0.001, -2500.0, None))


def test_western_letters_are_kept_and_the_encoding_is_told(tmp_path: Path) -> None:
    rows = "".join(f"{i},{('grün', 'rot')[i % 2]},{'ab'[i % 2]}\n" for i in range(20))
    dataset = read(tmp_path, f"x,farbe,label\n{rows}", encoding="latin-1")
    assert set(column(dataset, "farbe")) == {"grün", "rot"}
    assert "t.csv is not UTF-8 and was read as Windows-1252" in told(dataset)[0]


def test_two_columns_of_one_name_are_two_columns(tmp_path: Path) -> None:
    dataset = read(tmp_path, f"x,x,label\n{ROWS}")
    assert dataset.columns == ("x", "x.2")
    assert column(dataset, "x.2")[:3] == [0.0, 1.0, 2.0]
    assert told(dataset) == ["t.csv line 1 has two columns called x: one is read as x.2"]


def test_names_that_are_taken_are_not_given_again(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i + 1},{i + 2},{i + 3},{'ab'[i % 2]}\n" for i in range(9))
    dataset = read(tmp_path, f"x,x.2,x,x,label\n{rows}")
    assert dataset.columns == ("x", "x.2", "x.3", "x.4")
    assert dataset.items[0].row == (0.0, 1.0, 2.0, 3.0)


def test_column_without_a_name_has_one(tmp_path: Path) -> None:
    assert read(tmp_path, f",y,label\n{ROWS}").columns == ("column 1", "y")


def test_numbers_with_underscores_and_other_digits_are_words(tmp_path: Path) -> None:
    rows = "".join(f"{w},{i},{'ab'[i % 2]}\n" for i, w in enumerate(["1_000", "٣", "0x1f"] * 9))
    assert set(column(read(tmp_path, f"x,y,label\n{rows}"), "x")) == {"1_000", "٣", "0x1f"}


def test_few_classes_with_a_word_among_numbers_stay_classes(tmp_path: Path) -> None:
    rows = "".join(f"{i},{i % 10 if i % 50 else 'X'}\n" for i in range(200))
    dataset = read(tmp_path, f"x,label\n{rows}")
    assert dataset.classes == (*map(str, range(10)), "X")
    assert len(dataset.items) == 200


def test_tabs_are_found_in_a_file_called_csv(tmp_path: Path) -> None:
    dataset = read(tmp_path, f"x,y,label\n{ROWS}".replace(",", "\t"))
    assert dataset.columns == ("x", "y")


def test_parquet_without_its_library_says_what_to_install(tmp_path: Path) -> None:
    pytest.importorskip("pandas")
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(DatasetError, match="Parquet"):
        import_dataset(tmp_path / "t.parquet", "t", tmp_path)


def test_column_called_label_is_predicted_before_one_called_y(tmp_path: Path) -> None:
    assert read(tmp_path, f"x,y,label\n{ROWS}").details["target"] == "label"
