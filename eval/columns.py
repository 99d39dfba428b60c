"""Which column of a file is what: by its name, or as `--columns` says."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from eval.cells import are_flags, are_times, is_missing, is_number
from eval.setting import Setting, UnfitError
from eval.tables import Table, read_table, tables_of

SERIES, WIDE, PURCHASES, LEFT, FRAUDS, RECORDS, LINKS, REQUESTS = KINDS = (
    "series",
    "wide",
    "purchases",
    "churn",
    "fraud",
    "records",
    "links",
    "requests",
)
OPTIONS = {
    "kind": KINDS,
    "dates": ("dmy", "mdy"),
    "decimal": ("point", "comma"),
    "spacing": ("hourly", "daily", "weekly", "monthly", "quarterly", "yearly"),
    "positive": (),
}
"""What `--columns` may say besides, and the words that each takes, where these are few."""
_NAMES = {
    "customer": "customer customerid customerno customernumber custid cust client clientid user userid member memberid"
    " household householdid account accountid accountno buyer buyerid shopper shopperid party partyid person personid"
    " visitorid kunde kundenr kundeid cardholder nameorig",
    "date": "date day time timestamp datetime ds when at period week month quarter year dato tid orderdate saledate"
    " purchasedate invoicedate transactiondate transactiontime transactiontimestamp transdatetranstime purchasetime"
    " eventtime orderpurchasetimestamp createdat boughton boughtat signuptime",
    "value": "value values amount amt sales sale revenue turnover total totalprice totalamount paid price spend spent y"
    " demand volume count salesvalue transactionamount transactionamt purchasevalue netamount belob units weeklysales",
    "quantity": "quantity qty antal items numberofitems pieces",
    "series": "series uniqueid id seriesid item itemid sku product productid store storeid shop dept department"
    " category family name region channel stock symbol",
    "left": "churn churned churnflag churnvalue churnlabel ischurn ischurned left haschurned hasleft exited attrition"
    " attritionflag attrited cancelled canceled lapsed",
    "fraud": "fraud isfraud fraudulent fraudflag fraudlabel fraudreported isfraudulent fraudind txfraud",
    "label": "class label target flag",
    "device": "device deviceid devicehash deviceinfo devicefingerprint ip ipaddress ipaddr",
    "card": "card cardhash cardid cardnumber cardno ccnum card1 paymentinstrument",
    "address": "address shipto shippingaddress deliveryaddress addressid addr1 shippingaddressid",
    "coupon": "coupon couponcode promo promocode promotion voucher vouchercode",
    "type": "type kind event eventtype transactiontype",
    "episode": "episode ring case caseid fraudcase scenario fraudid",
    "text": "text utterance query message sentence request question body",
    "category": "category label intent class topic labeltext intentname",
    "truth": "truth cluster clusterid entity entityid trueid groupid truecluster group",
    "id": "id recid recordid rid recno rowid uid ssid",
    "given": "given givenname firstname forename fname first gname",
    "family": "family familyname surname lastname lname last",
    "name": "name fullname customername companyname personname",
    "birth": "birth birthdate dateofbirth dob birthday bday",
    "number": "streetnumber housenumber streetno houseno",
    "street": "street address1 addressline1 streetaddress addr streetname address",
    "street2": "address2 addressline2",
    "postal": "postal postcode postalcode zip zipcode plz",
    "town": "town city suburb locality place",
    "country": "country countrycode",
    "email": "email emailaddress mail",
    "phone": "phone phonenumber telephone tel mobile phone1",
    "one": "id1 left idleft leftid ida recid1 first source ltableid recordid1",
    "other": "id2 right idright rightid idb recid2 second target rtableid recordid2",
}
ROLES = {role: frozenset(names.split()) for role, names in _NAMES.items()}
_SAMPLE = 200
_FEWEST_WIDE = 12
_PERSONAL = ("given", "family", "name", "birth", "street", "postal", "email", "phone")
_FEWEST_PERSONAL = 3
_ASKED = re.compile(r"[_-](train|test)$")
_PLACED = re.compile(r"(.*?)(\d+)")


@dataclass(frozen=True, slots=True)
class Roles:
    """What a file is about, its column of each role, and what was said of how it is written."""

    kind: str
    columns: Mapping[str, str]
    told: Mapping[str, str]

    def column(self, role: str, path: Path) -> str:
        """Raises UnfitError where no column is it."""
        if role not in self.columns:
            raise UnfitError(f"{path.name}: which column is the {role}? Say {role}=COLUMN in --columns")
        return self.columns[role]


def parse_columns(texts: Sequence[str]) -> dict[str, dict[str, str]]:
    """What `[FILE:]role=column,…` says, by file; without a file of every one. Raises ValueError, saying why."""
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        before, parted, after = text.partition(":")
        file, rest = (before, after) if parted and "=" not in before else ("", text)
        for pair in rest.split(","):
            role, equal, column = (part.strip() for part in pair.partition("="))
            if not equal or not column or role not in (*ROLES, *OPTIONS):
                raise ValueError(f"{pair!r} is no role=column; roles are {', '.join([*ROLES, *OPTIONS])}")
            if OPTIONS.get(role) and column not in OPTIONS[role]:
                raise ValueError(f"{role} is one of {', '.join(OPTIONS[role])}")
            found.setdefault(file, {})[role] = column
    return found


def find_tables(setting: Setting, *kinds: str) -> list[tuple[Path, Roles]]:
    """The files of the folder that are of one of these kinds, by name."""
    found = []
    for path in tables_of(setting.data):
        roles = roles_of(path, setting)
        if roles is not None and roles.kind in kinds:
            found.append((path, roles))
    return found


def roles_of(path: Path, setting: Setting) -> Roles | None:
    """None where nothing says what it is about. Raises UnfitError where `--columns` names what is not there."""
    said = {**setting.columns.get("", {}), **setting.columns.get(path.name, {})}
    try:
        table = read_table(path, _SAMPLE)
    except UnfitError:
        return None
    told = {role: said[role] for role in said if role in OPTIONS}
    named = {role: column for role, column in said.items() if role in ROLES}
    strange = [column for column in named.values() if column not in table.columns]
    if strange and path.name in setting.columns:
        raise UnfitError(f"{path.name}: there is no column {strange[0]!r}; it has {', '.join(table.columns)[:300]}")
    columns = {**_by_name(table), **{role: column for role, column in named.items() if column in table.columns}}
    kind = told.get("kind") or _kind(table, columns, {*named})
    return Roles(kind, columns, told) if kind else None


def tell_strange(setting: Setting) -> None:
    """Name the files of the folder of which nothing says what they are about."""
    for path in tables_of(setting.data):
        try:
            known = roles_of(path, setting)
        except UnfitError as error:
            setting.left_out.append(str(error))
        else:
            if known is None:
                setting.left_out.append(
                    f"{path.name} was not measured: what it is about is not clear from its columns; say for example"
                    f" --columns {path.name}:customer=COLUMN,date=COLUMN (kinds: {', '.join(KINDS)})"
                )


def plain(name: str) -> str:
    """A column's name without what parts its words."""
    return re.sub(r"[\W_]+", "", name.lower())


def _by_name(table: Table) -> dict[str, str]:
    """Of several columns of one role the one whose name stands first among its names."""
    by_plain = {plain(name): name for name in reversed(list(table.columns))}
    return {
        role: by_plain[name] for role, names in _NAMES.items() for name in reversed(names.split()) if name in by_plain
    }


def _kind(table: Table, columns: Mapping[str, str], named: set[str]) -> str | None:
    """What is told by fewer columns comes later."""
    has = columns.keys()
    dated = "date" in has and ("date" in named or are_times(table.columns[columns["date"]]))
    labelled = "label" in has and are_flags(table.columns[columns["label"]])
    measured = dated and any(_is_measure(table, name) for name in table.columns if name != columns["date"])
    personal = sum(role in has for role in _PERSONAL) >= _FEWEST_PERSONAL
    paid = "value" in has and ("fraud" in has or (labelled and bool(has & {"device", "card", "address"})))
    tests = {
        REQUESTS: _ASKED.search(table.path.stem) and {"text", "category"} <= has,
        FRAUDS: paid,
        LINKS: "link" in table.path.stem.lower() and len(table.columns) > 1,
        RECORDS: personal and bool(has & {"truth", "id"}) and "left" not in has,
        LEFT: "left" in has and not _comes_again(table, columns),
        PURCHASES: "customer" in has and dated,
        SERIES: dated and "value" in has,
        WIDE: measured or len(steps_of(table)) >= _FEWEST_WIDE,
    }
    return next((kind for kind, holds in tests.items() if holds), None)


def _is_figure(cell: str) -> bool:
    return is_missing(cell) or is_number(cell)


def _comes_again(table: Table, columns: Mapping[str, str]) -> bool:
    """Whether its customers have several rows each."""
    customers = table.columns.get(columns.get("customer", ""), ())
    return "date" in columns and len(set(customers)) < 0.9 * len(customers)


def _is_measure(table: Table, name: str) -> bool:
    cells = [cell for cell in table.columns[name] if not is_missing(cell)]
    return bool(cells) and all(map(is_number, cells))


def steps_of(table: Table) -> list[str]:
    """The columns, one a step, where each row is a series: named by times, or numbered one after the other."""
    names = [name for name in table.columns if all(map(_is_figure, table.columns[name]))]
    times = [name for name in names if re.search(r"\d{4}", name) and are_times([name])]
    if len(times) >= _FEWEST_WIDE:
        return times
    placed = [(name, found[1], int(found[2])) for name in names if (found := _PLACED.fullmatch(name))]
    run: list[str] = []
    longest: list[str] = []
    for before, after in pairwise([("", "", -1), *placed]):
        follows = bool(run) and after[1] == before[1] and after[2] == before[2] + 1
        run = [*run, after[0]] if follows else [after[0]]
        longest = max(longest, run, key=len)
    return longest
