from eval.values import read_set


def test_what_is_no_number_is_missing() -> None:
    rows = [("a", f"2026-01-{day:02}", "nan" if day == 3 else "" if day == 5 else f"{day}") for day in range(1, 32)] * 2
    rows += [("a", f"2026-{month:02}-{day:02}", "7") for month in (2, 3) for day in range(1, 29)]

    found = read_set("days", rows).series["a"]

    assert found[:6] == [2.0, 4.0, 6.0, 8.0, 10.0, 12.0]
