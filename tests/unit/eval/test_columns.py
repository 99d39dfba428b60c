"""Files of other people: what they are about is seen by their columns, or said, and nothing is guessed."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from eval.cells import read_flags, read_numbers, read_times
from eval.churn_table import measure_table
from eval.columns import find_tables, parse_columns, roles_of, tell_strange
from eval.fraud_files import read_shop
from eval.purchases import read_purchases
from eval.records import find_records, read_records
from eval.series_files import read_series
from eval.setting import Setting, UnfitError
from eval.tables import read_table


def written(folder: Path, name: str, head: str, rows: Sequence[str], encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text("\n".join([head, *rows]) + "\n", encoding)
    return path


@pytest.mark.parametrize(
    ("head", "row", "kind"),
    [
        ("unique_id,ds,y", "a,2026-01-01,1", "series"),
        ("Store;Dept;Date;Weekly_Sales", "1;2;05-02-2010;24924,50", "series"),
        ("date,beer,wine", "2026-01-01,5,7.5", "wide"),
        ("id," + ",".join(f"V{n}" for n in range(2, 40)), "Q1," + ",".join("5" * 38), "wide"),
        ("Customer ID,InvoiceDate,Quantity,Price", "17850,12/1/2010 8:26,6,2.55", "purchases"),
        ("customerID,tenure,MonthlyCharges,Churn", "7590-VHVEG,1,29.85,No", "churn"),
        ("CustomerId,Age,Balance,Exited", "15634602,42,0.0,1", "churn"),
        ("trans_date_trans_time,cc_num,amt,is_fraud", "2019-01-01 00:00:18,2703186189652095,4.97,0", "fraud"),
        ("user_id,signup_time,purchase_time,purchase_value,device_id,class", "1,2015,2015,34,Q,0", "fraud"),
        ("first_name\tlast_name\tdob\tcity\tcluster", "ann\tbell\t1990-01-02\tLeeds\t7", "records"),
        ("name,colour", "a,blue", None),
        ("navn,værdi", "å,1", None),
    ],
)
def test_what_a_file_is_about_is_seen_by_its_columns(tmp_path: Path, head: str, row: str, kind: str | None) -> None:
    path = written(tmp_path, "file.csv", head, [row])
    roles = roles_of(path, Setting(tmp_path))
    assert (roles.kind if roles else None) == kind


def test_a_file_that_says_nothing_is_named_with_what_would_help(tmp_path: Path) -> None:
    written(tmp_path, "odd.csv", "a,b", ["1,2"])
    setting = Setting(tmp_path)
    tell_strange(setting)
    assert "odd.csv was not measured" in setting.left_out[0]
    assert "--columns odd.csv:customer=COLUMN,date=COLUMN" in setting.left_out[0]


def test_columns_are_as_they_are_said_and_one_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "odd.csv", "wer,wann,was", ["7,3/4/2026,1", "7,3/5/2026,1", "8,3/5/2026,-1"])
    told = parse_columns(["odd.csv:customer=wer,date=wann", "odd.csv:value=was,dates=dmy"])
    ((_, roles),) = find_tables(Setting(tmp_path, columns=told), "purchases")
    assert read_purchases(path, roles) == {"7": {date(2026, 4, 3), date(2026, 5, 3)}}

    with pytest.raises(UnfitError, match="there is no column 'wo'"):
        roles_of(path, Setting(tmp_path, columns={"odd.csv": {"customer": "wo"}}))
    for wrong in ("customer", "who=wer", "dates=later"):
        with pytest.raises(ValueError, match=r"role|one of"):
            parse_columns([wrong])


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1.5", "", "NA", "-3"], [1.5, None, None, -3.0]),
        (["1,5", "1234,25"], [1.5, 1234.25]),
        (["1.234,5", "7"], [1234.5, 7.0]),
        (["1,234.5", "7"], [1234.5, 7.0]),
        (["1,234,567", "1,000"], [1234567.0, 1000.0]),
        (["€ 12.50", "1'000", "(3)", "15 kr."], [12.5, 1000.0, -3.0, 15.0]),
        (["inf", "5"], [None, 5.0]),
    ],
)
def test_numbers_are_read_as_the_whole_column_makes_them_plain(
    tmp_path: Path, cells: list[str], numbers: list[float | None]
) -> None:
    table = read_table(written(tmp_path, "n.csv", "a;b", [f"x;{cell}" for cell in cells]))
    assert read_numbers(table, "b", {}) == numbers


def test_what_may_be_thousands_or_decimals_is_asked_about(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "n.csv", "a;b", ["x;1,234", "x;5"]))
    with pytest.raises(UnfitError, match="is '1,234' of b above a thousand"):
        read_numbers(table, "b", {})
    assert read_numbers(table, "b", {"decimal": "comma"}) == [1.234, 5.0]
    assert read_numbers(table, "b", {"decimal": "point"}) == [1234.0, 5.0]


@pytest.mark.parametrize(
    ("cell", "days"),
    [
        ("31/03/2026", "2026-03-31"),
        ("3/31/2026 8:26", "2026-03-31"),
        ("31.03.26", "2026-03-31"),
        ("01.02.2026", "2026-02-01"),
        ("20260331", "2026-03-31"),
        ("2026-03-31T10:00:00+02:00", "2026-03-31"),
        ("2026/03/31", "2026-03-31"),
        ("31-Mar-2026", "2026-03-31"),
        ("March 31, 2026", "2026-03-31"),
        ("1774915200", "2026-03-31"),
        ("2026M03", "2026-03-01"),
        ("2026Q2", "2026-04-01"),
        ("Mar 2026", "2026-03-01"),
    ],
)
def test_dates_are_read_however_they_are_written(tmp_path: Path, cell: str, days: str) -> None:
    table = read_table(written(tmp_path, "d.csv", "a;b", [f"x;{cell}"]))
    (found,) = read_times(table, "b", {})
    assert found is not None
    assert found.date().isoformat() == days


def test_what_may_be_a_day_or_a_month_is_asked_about(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "d.csv", "a,b", ["x,03/04/2026", "x,05/04/2026"]))
    with pytest.raises(UnfitError, match="is '03/04/2026' of b a day first"):
        read_times(table, "b", {})
    mixed = read_table(written(tmp_path, "d.csv", "a,b", ["x,13/04/2026", "x,05/14/2026"]))
    with pytest.raises(UnfitError, match="the day comes first in some rows"):
        read_times(mixed, "b", {})


@pytest.mark.parametrize(
    "yes_no", [("1", "0"), ("yes", "no"), ("True", "False"), ("Y", "N"), ("ja", "nej"), ("1.0", "")]
)
def test_yes_and_no_are_read_however_they_are_written(tmp_path: Path, yes_no: tuple[str, str]) -> None:
    table = read_table(written(tmp_path, "f.csv", "a,b", [f"x,{each}" for each in yes_no]))
    assert read_flags(table, "b", {}) == [True, False if yes_no[1] else None]


def test_which_of_two_words_is_yes_is_asked_about(tmp_path: Path) -> None:
    table = read_table(written(tmp_path, "f.csv", "a,b", ["x,Attrited Customer", "x,Existing Customer"]))
    with pytest.raises(UnfitError, match=r"which b is yes\? There are 'Attrited Customer', 'Existing Customer'"):
        read_flags(table, "b", {})
    assert read_flags(table, "b", {"positive": "Attrited Customer"}) == [True, False]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("parted", [",", ";", "\t", "|"])
def test_a_table_is_read_in_any_encoding_and_however_it_is_parted(tmp_path: Path, encoding: str, parted: str) -> None:
    rows = [parted.join(("Søren", "2026-01-02", '"a, b; c"'))] * 3
    table = read_table(written(tmp_path, "t.csv", parted.join(("navn", "day", "x")), rows, encoding))
    assert {name: cells[0] for name, cells in table.columns.items()} == {
        "navn": "Søren",
        "day": "2026-01-02",
        "x": "a, b; c",
    }


def test_no_column_is_lost_and_what_is_no_table_is_named(tmp_path: Path) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("\n\na,a,a 2,a,,\n1,2,3,4,5,6\n", "utf-8")
    assert [cells for (*_, cells) in read_table(file).columns.values()] == list("123456")
    file.write_text(f"a,b\n{'x' * (1 << 24)}x,2\n", "utf-8")
    with pytest.raises(UnfitError, match=r"odd\.csv: it is no CSV"):
        read_table(file)
    file.write_text("a\n\u22127.5\n", "utf-8")
    assert read_numbers(read_table(file), "a", {}) == [-7.5]


def test_parquet_is_read_too(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(100)]
    pq.write_table(pa.table({"ds": days, "y": [float(n) for n in range(100)]}), tmp_path / "p.parquet")
    ((path, roles),) = find_tables(Setting(tmp_path), "series")
    assert read_series(path, roles, Setting(tmp_path)).series == {"values": [float(n) for n in range(100)]}


def test_a_row_a_series_goes_on_in_its_test(tmp_path: Path) -> None:
    for part, first, count in (("train", 0, 30), ("test", 30, 8)):
        head = ",".join(['"V1"', *(f'"V{n + 2}"' for n in range(count))])
        rows = [",".join([name, *(str(first + n) for n in range(count))]) for name in ("Q1", "Q2")]
        written(tmp_path, f"Quarterly-{part}.csv", head, [*rows, "Q3,5" + "," * (count - 1)])
    setting = Setting(tmp_path)
    ((path, roles),) = [each for each in find_tables(setting, "wide") if "train" in each[0].name]
    found = read_series(path, roles, setting)
    assert found.name == "quarterly, Quarterly-train"
    assert found.series == {name: [float(n) for n in range(38)] for name in ("Q1", "Q2")}


def test_gaps_of_months_and_closed_days_keep_their_places(tmp_path: Path) -> None:
    months = [f"{2015 + n // 12}-{n % 12 + 1:02}-28,{n}" for n in range(80) if n != 40]
    path = written(tmp_path, "m.csv", "date,value", months)
    roles = roles_of(path, Setting(tmp_path))
    assert roles is not None
    assert read_series(path, roles, Setting(tmp_path)).series["values"] == [float(n) for n in range(80)]


def test_a_row_a_customer_is_measured_by_who_left(tmp_path: Path) -> None:
    rows = [f"c{n},{n % 50},{'a' if n % 3 else 'b'},{'Yes' if n % 50 > 35 else 'No'}" for n in range(600)]
    path = written(tmp_path, "telco.csv", "customerID,tenure,plan,Churn", rows)
    roles = roles_of(path, Setting(tmp_path))
    assert roles is not None
    found = {(row.peer, row.metric): row.value for row in measure_table(path, roles, Setting(tmp_path))}
    assert found["logistic", "AUC"] > 0.95


def test_marked_frauds_are_sales_of_their_customers(tmp_path: Path) -> None:
    rows = [f"{n},c{n % 40},2026-01-{n % 28 + 1:02} 10:00,{n + 1}.5,d{n % 45},{int(n % 40 == 7)}" for n in range(400)]
    path = written(tmp_path, "f.csv", "id,user_id,time,amount,device_id,is_fraud", rows)
    roles = roles_of(path, Setting(tmp_path))
    assert roles is not None
    shop = read_shop(path, roles, Setting(tmp_path))
    assert len(shop.facts) == 400
    assert len(shop.episodes["frauds"]) == 10
    assert [fact.time for fact in shop.facts] == sorted(fact.time for fact in shop.facts)


def test_records_have_their_truth_in_a_column_or_in_links(tmp_path: Path) -> None:
    head = "rec_id,first_name,last_name,birth_date,city"
    written(tmp_path, "peopleA.csv", head, ["a1,Ann,Bell,1990-01-02,Leeds", "a2,Bo,Carr,1991-01-02,York"])
    written(tmp_path, "peopleB.csv", head, ["b1,Anne,Bell,1990-01-02,Leeds", "b2,Cy,Dee,1992-01-02,York"])
    written(tmp_path, "people_links.csv", "idA,idB", ["a1,b1"])
    ((name, files),) = find_records(Setting(tmp_path)).items()
    assert name == "people_links.csv"
    records = read_records(files)
    assert [one.truth for one in records][:2] == ["a1", "a2"]
    assert records[2].truth == records[0].truth
