import pytest
from email_validator import validate_email
from hypothesis import given, strategies as st

from services.contacts.parties.domain import identity
from services.contacts.parties.domain.identity import Claim, normal_claims, normal_email, normal_phone, search_values
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
        ("call me", "DK", None),
    ],
)
def test_phone_is_e164_of_the_partys_country(written: str, region: str, normal: str | None) -> None:
    assert normal_phone(written, region) == normal


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
    assert normal_claims(named, source="/shop", region="DK") == (
        Claim("external", "/shop", "81"),
        Claim("external", "crm", "81"),
        Claim("email", "", "ada@example.com"),
        Claim("phone", "", "+4520123456"),
    )


def test_a_search_text_is_taken_for_everything_that_it_may_be() -> None:
    assert search_values("20 12 34 56", "DK") == ["20 12 34 56", "+4520123456"]
    assert search_values("Ada@Example.com", "DK") == ["Ada@Example.com", "ada@example.com"]
    assert search_values("ada", "DK") == ["ada"]
