import pytest
from email_validator import validate_email
from hypothesis import given, strategies as st

from services.contacts.parties.domain import identity
from services.contacts.parties.domain.identity import (
    Claim,
    Flagged,
    Reading,
    normal_email,
    normal_phone,
    read_identities,
    search_values,
)
from services.contacts.policy import read_policy
from shared.events.ingest import ReportedIdentity


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Ada@Example.COM\n", "ada@example.com"),
        ("ada.holm+news@example.com", "ada.holm+news@example.com"),
        ("ada@münchen.de", "ada@xn--mnchen-3ya.de"),
        ("ada@MÜNCHEN.de", "ada@xn--mnchen-3ya.de"),
        ("ada@xn--mnchen-3ya.de", "ada@xn--mnchen-3ya.de"),
        ("ÅSE@example.com", "åse@example.com"),
        ("åse@example.com", "åse@example.com"),
        ("ada@example.c0m", "ada@example.c0m"),
        ("\u200bada@example.com\u202c", "ada@example.com"),
        ("ada@exam\u00adple.com", "ada@example.com"),
        ("mailto:Ada@example.com", "ada@example.com"),
        ("ada@example.com.", "ada@example.com"),
        ("\u202a", None),
        ("ada", None),
        ("a..b@example.com", None),
        (".ada@example.com", None),
        ("ada@-example.com", None),
        (f"ada@{'x' * 64}.com", None),
        ("ada@ex ample.com", None),
        ("", None),
    ],
)
def test_email_has_one_form(written: str, normal: str | None) -> None:
    assert normal_email(written) == normal


ATOMS = st.text("abcz019.+-_!@", min_size=1, max_size=12)


@given(ATOMS, ATOMS)
def test_what_needs_no_library_is_what_the_library_says(local: str, domain: str) -> None:
    address = f"{local}@{domain}.com"
    if identity._PLAIN_EMAIL.fullmatch(address):
        found = validate_email(address, check_deliverability=False, globally_deliverable=False)
        assert f"{found.local_part}@{found.ascii_domain}" == address


@given(st.text(max_size=60))
def test_a_normal_email_is_normal_already(text: str) -> None:
    normal = normal_email(text)
    assert normal is None or normal_email(normal) == normal


@pytest.mark.parametrize(
    ("written", "region", "normal"),
    [
        ("20 12 34 56", "DK", "+4520123456"),
        ("+45 20-12-34-56", "US", "+4520123456"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("12", "DK", None),
        ("112", "DK", None),
        ("555-0143", "US", None),
        ("+1 555 555 5555", "US", None),
        ("00 00 00 00", "DK", None),
        ("+999 1234567890", "DK", None),
        ("20123456", "AQ", None),
        ("33 12 12 12 ext. 5", "DK", "+4533121212;ext=5"),
        ("+45 33121212 x6", "DK", "+4533121212;ext=6"),
        ("call me", "DK", None),
    ],
)
def test_phone_is_e164_of_the_partys_country(written: str, region: str, normal: str | None) -> None:
    assert normal_phone(written, region) == normal


READING = Reading(read_policy(), "DK", "/shop")


def reported(type_: str, value: str, system: str | None = None) -> ReportedIdentity:
    return ReportedIdentity(type=type_, value=value, system=system)  # type: ignore[arg-type]


def test_claims_come_by_strength_each_once_without_what_cannot_be_used() -> None:
    named = [
        reported("phone", "20123456"),
        reported("email", "ada@example.com"),
        reported("email", "n/a"),
        reported("phone", "12"),
        reported("external", " "),
        reported("external", "8\x001"),
        reported("external", " 81 "),
        reported("email", "ADA@example.com"),
        reported("external", "81", "crm"),
    ]
    assert read_identities(named, READING).claims == (
        Claim("external", "/shop", "81"),
        Claim("external", "crm", "81"),
        Claim("email", "", "ada@example.com"),
        Claim("phone", "", "+4520123456"),
    )


@pytest.mark.parametrize(
    ("type_", "value", "reason"),
    [
        ("external", "n/a", "blocked"),
        ("email", "noreply@example.com", "blocked"),
        ("email", "ada", "unreadable"),
        ("external", "8\x001", "unreadable"),
        ("phone", "+1 253 0000", "local_number"),
        ("phone", "555-0143", "no_number"),
        ("phone", "call me", "no_number"),
        ("party", "nobody", "unreadable"),
    ],
)
def test_what_names_nobody_is_kept_as_it_was_written_with_the_reason(type_: str, value: str, reason: str) -> None:
    named = read_identities([reported("email", "ada@example.com"), reported(type_, value)], READING)
    assert named.claims == (Claim("email", "", "ada@example.com"),)
    assert named.flagged == (Flagged(type_, "", value.replace("\x00", "\N{REPLACEMENT CHARACTER}"), reason),)


def test_extensions_are_numbers_of_their_own() -> None:
    said = [reported("phone", "33 12 12 12 ext. 101"), reported("phone", "33 12 12 12 ext. 102")]
    assert len(read_identities(said, READING).claims) == 2


def test_a_search_text_is_taken_for_everything_that_it_may_be() -> None:
    assert search_values("20 12 34 56", "DK") == ["20 12 34 56", "+4520123456"]
    assert search_values("Ada@Example.com", "DK") == ["Ada@Example.com", "ada@example.com"]
    assert search_values("ada", "DK") == ["ada"]


NOBODY = [
    "0",
    "000",
    "-1",
    "null",
    "NULL",
    "None",
    "n/a",
    "N.A.",
    " - ",
    "undefined",
    "unknown",
    "99999",
    "999999999",
    "xxx",
]


@pytest.mark.parametrize("type_", ["external", "anonymous"])
@pytest.mark.parametrize("value", NOBODY)
def test_placeholders_name_nobody(type_: str, value: str) -> None:
    assert read_identities([reported(type_, value, "shop")], READING).claims == ()


@pytest.mark.parametrize("value", ["1", "-12", "01", "999", "nullius-7", "A-0", "9", "909", "x"])
def test_what_only_looks_like_a_placeholder_names_somebody(value: str) -> None:
    assert read_identities([reported("external", value)], READING).claims == (Claim("external", "/shop", value),)


@pytest.mark.parametrize("local", ["none", "no-reply", "NoReply", "no.email", "null", "unknown"])
def test_a_mailbox_that_is_nobodys_names_nobody(local: str) -> None:
    assert read_identities([reported("email", f"{local}@example.com")], READING).claims == ()


def test_the_strongest_claim_comes_first() -> None:
    party_id = "0197f0a0-0000-7000-8000-000000000001"
    named = [
        reported("anonymous", "c-1"),
        reported("phone", "20123456"),
        reported("email", "ada@example.com"),
        reported("external", "81"),
        reported("party", party_id.upper()),
        reported("party", "nobody"),
    ]
    claims = read_identities(named, READING).claims
    assert [claim.type for claim in claims] == ["party", "external", "email", "phone", "anonymous"]
    assert (claims[0].value, claims[-1].system) == (party_id, "/shop")
