"""Trends at the console: every code has its word, and what changes is named as people know it."""

from typing import get_args
from urllib.parse import quote

from services.console.shell.vocabulary import TERMS
from services.console.trends.domain import KINDS, STATES, About, about
from services.forecasting.series.domain import DepartmentWeek, product_week
from services.forecasting.trends.domain import Because, Kind, State


def test_what_forecasting_can_say_has_words() -> None:
    assert set(KINDS) == set(get_args(Kind)) == set(TERMS["trend"])
    assert set(STATES) == set(get_args(State))
    assert set(TERMS["trended"]) == {*get_args(State), *get_args(Because)}


def test_a_department_leads_to_its_weeks_and_a_product_is_its_number() -> None:
    sales = DepartmentWeek("Wine: red", "DKK").id
    assert about({"series": sales, "sku": None}) == About("Wine: red", f"/forecasts/series?id={quote(sales, safe='')}")
    assert about({"series": sales.replace("sales", "lines", 1), "sku": None}) == About("Wine: red")
    assert about({"series": product_week("A-17"), "sku": "A-17"}) == About("A-17")
    assert about({"series": "odd", "sku": None}) == About("odd")
