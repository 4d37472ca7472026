"""`counterflow import master` and `export master`: the same files as on the screens."""

import io
from pathlib import Path

import pytest

from counterflow.catalog import queries as catalog
from counterflow.catalog.commands import NewItem, record_items
from counterflow.config.cli import main
from counterflow.console.master import reference
from counterflow.kernel import db
from counterflow.registry.queries import changes, intakes

pytestmark = pytest.mark.usefixtures("database_copy")
ROOT = Path(__file__).resolve().parents[2]


def test_a_file_is_compared_taken_over_and_its_refused_rows_written(ctx, tmp_path, capsys):
    record_items(ctx(), items=[NewItem("CLI-1", "Lamp")])
    file, report = tmp_path / "items.csv", tmp_path / "bad.csv"
    file.write_text("sku,name,weight\nCLI-1,Desk lamp,5\nCLI-2,Chair,\nCLI-3,Desk,heavy\n")
    words = ["import", "master", "items", str(file), "--report", str(report)]
    assert main([*words, "--dry-run"]) == 1
    assert "1 new, 1 changed, 0 as they are, 1 refused" in capsys.readouterr().out
    assert catalog.items_by_sku(skus=["CLI-2"]) == {}
    assert main(words) == 1
    said = capsys.readouterr().out
    assert "CLI-1: Lamp -> Desk lamp" in said
    assert "taken over: 2 rows" in said
    assert "row 4, weight_g: heavy is no number" in said
    assert report.read_text().count("\n") == 2
    assert catalog.items_by_sku(skus=["CLI-1"])["CLI-1"].weight_g == 5
    told = changes(kind="item", search="CLI-2")[0]
    assert (told.by, told.source) == ("program:import", f"file:{intakes(kind='items', limit=1)[0].id}")
    file.write_text("sku,name,weight\nCLI-1,Desk lamp,5\nCLI-2,Chair,\n")
    assert main(words) == 0
    assert "2 as they are" in capsys.readouterr().out
    assert db.rows("SELECT count(*) AS n FROM registry_intakepart")[0].n == 0


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_what_is_exported_comes_back_without_a_difference(ctx, tmp_path, capsys, form):
    record_items(ctx(), items=[NewItem(f"EX-{n}", f"=Thing {n}", "4006381333931") for n in range(3)])
    file = tmp_path / f"items.{form}"
    assert main(["export", "master", "items", "-o", str(file)]) == 0
    assert main(["import", "master", "items", str(file)]) == 0
    assert "0 new, 0 changed" in capsys.readouterr().out


def test_what_cannot_be_read_says_so(tmp_path, capsys):
    assert main(["import", "master", "items", str(tmp_path / "none.csv")]) == 2
    assert main(["export", "master", "-o", "-"]) == 2
    assert main(["export", "master", "items", "--format", "beancount", "-o", "-"]) == 2
    assert main(["export", "journal", "items", "-o", "-"]) == 2
    said = capsys.readouterr().err
    for part in ("There is no file", "the kinds are: items", "csv or xlsx", "nothing that `counterflow export"):
        assert part in said


def test_a_file_goes_to_standard_output(ctx, capfdbinary):
    record_items(ctx(), items=[NewItem("OUT-1", "Lamp")])
    assert main(["export", "master", "items", "-o", "-"]) == 0
    assert b"OUT-1,Lamp" in io.BytesIO(capfdbinary.readouterr().out).read()


def test_the_reference_of_columns_is_current():
    """`python tools/master_files.py` writes it anew."""
    assert (ROOT / "docs" / "reference" / "master-files.md").read_text(encoding="utf-8") == reference.page()
