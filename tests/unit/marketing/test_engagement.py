"""What comes back of letters: who visited, what mails and providers say, and that they are who they say they are."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from services.marketing.engagement.domain.link import Visit, is_ahead, judge
from services.marketing.engagement.domain.mail import read_report
from services.marketing.engagement.domain.mapping import at, label_of, read_reports
from services.marketing.engagement.domain.returned import Report
from services.marketing.engagement.files import load_provider

ID = UUID("6f1c2a0e-5f0c-5c39-9a44-2f8f1f0c7d11")
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("kind", "visit", "verdict"),
    [
        ("clicked", Visit(BROWSER, 60, 0), ""),
        ("opened", Visit(BROWSER, 60, 0), ""),
        ("opened", Visit("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", 60, 0), ""),
        ("opened", Visit("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", 1, 0), "soon"),
        ("clicked", Visit("Mozilla/5.0 (via ggpht.com GoogleImageProxy)", 60, 0), "agent"),
        ("clicked", Visit("", 60, 0), "no_agent"),
        ("clicked", Visit("Mozilla/5.0 (compatible; Barracuda Sentinel)", 60, 0), "agent"),
        ("clicked", Visit("python-requests/2.32", 60, 0), "agent"),
        ("clicked", Visit(BROWSER, 1, 0), "soon"),
        ("clicked", Visit(BROWSER, -5, 0), "soon"),
        ("clicked", Visit(BROWSER, 60, 1), "burst"),
    ],
)
def test_a_machine_is_told_from_a_person(kind: Any, visit: Visit, verdict: str) -> None:
    assert judge(visit, kind) == verdict


def mail(kind: str, report: str, original: str, how: str = "message/rfc822") -> bytes:
    return (
        f'From: <>\nContent-Type: multipart/report; report-type={kind}; boundary="x"\n\n'
        f"--x\nContent-Type: text/plain\n\nSorry.\n--x\n{report}\n--x\nContent-Type: {how}\n\n{original}\n\n--x--\n"
    ).encode()


OURS = f"From: us\nMessage-ID: <{ID}@shop.example>\nSubject: Hi\n\nHello\n"
DSN = (
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
    "Final-Recipient: rfc822; a@b.c\nAction: {}\nStatus: {}\n"
)
ARF = "Content-Type: message/feedback-report\n\nFeedback-Type: {}\nUser-Agent: x/1\nVersion: 1\n"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (mail("delivery-status", DSN.format("failed", "5.1.1"), OURS), Report(ID, "hard", "5.1.1")),
        (mail("delivery-status", DSN.format("failed", "4.4.7"), OURS), Report(ID, "soft", "4.4.7")),
        (mail("delivery-status", DSN.format("failed", ""), OURS, "text/rfc822-headers"), Report(ID, "hard")),
        (mail("delivery-status", DSN.format("delivered", "2.0.0"), OURS), Report(ID, "delivered")),
        (mail("delivery-status", DSN.format("delayed", "4.2.0"), OURS), None),
        (mail("delivery-status", DSN.format("relayed", "2.0.0"), OURS), None),
        (mail("feedback-report", ARF.format("abuse"), OURS), Report(ID, "complaint")),
        (mail("feedback-report", ARF.format("not-spam"), OURS), None),
        (mail("delivery-status", DSN.format("failed", "5.1.1"), OURS.replace("shop.", "evil.")), None),
        (mail("delivery-status", DSN.format("failed", "5.1.1"), "no headers"), None),
        (
            mail(
                "delivery-status",
                DSN.format("failed", "5.1.1"),
                OURS.replace("Message-ID", "References"),
                "text/rfc822-headers",
            ),
            None,
        ),
        (mail("delivery-status", DSN.format("failed", "5.1.1"), OURS + "A\n" * 1_000_000), Report(ID, "hard", "5.1.1")),
        (b"Content-Type: multipart/report; " + b"a=b;" * 500_000 + b"\n\n", None),
        (OURS.encode(), None),
        (b"", None),
        (b"Content-Type: multipart/report; boundary=x\n\n" + b"--x\nContent-Type: message/rfc822\n\n" * 3_000, None),
        (b"Content-Type: multipart/report; boundary=\xff\xfe\n\n--\xff", None),
    ],
)
@pytest.mark.slow
def test_a_mail_about_a_letter_says_what_became_of_it(given: bytes, expected: Report | None) -> None:
    assert read_report(given, "shop.example") == expected
    assert read_report(given.replace(b"\n", b"\r\n"), "shop.example") == expected


@pytest.mark.parametrize(
    ("headers", "ahead"),
    [
        ({}, False),
        ({"sec-purpose": "prefetch;prerender"}, True),
        ({"sec-purpose": "prerender"}, True),
        ({"purpose": "Prefetch"}, True),
        ({"x-purpose": "preview"}, True),
        ({"x-moz": "prefetch"}, True),
        ({"purpose": "a purpose of its own"}, False),
    ],
)
def test_what_is_fetched_ahead_says_so(headers: dict[str, str], ahead: bool) -> None:
    assert is_ahead(headers) == ahead


@pytest.mark.parametrize(
    ("url", "label"),
    [
        ("https://shop.example/a?email=ada@example.com#ada", "https://shop.example/a"),
        ("https://ada:secret@shop.example/a", "https://shop.example/a"),
        ("https://shop.example/of/ada@example.com", "https://shop.example"),
        ("https://shop.example/of/ada%40example.com", "https://shop.example"),
        ("mailto:ada@example.com", ""),
        ("https://[::1", ""),
    ],
)
def test_label_of_a_link_names_its_page_and_nobody(url: str, label: str) -> None:
    assert label_of(url) == label


@given(st.binary(max_size=300))
def test_no_mail_breaks_its_reader(tail: bytes) -> None:
    read_report(mail("delivery-status", DSN.format("failed", "5.1.1"), OURS)[:120] + tail, "shop.example")


PROVIDERS = [load_provider(name) for name in ("ses", "sendgrid", "postmark")]
MAIL = {"commonHeaders": {"messageId": f"<{ID}@shop.example>"}}
REPORTS: list[tuple[str, Any, Report | None]] = [
    ("sendgrid", {"event": "delivered", "smtp-id": f"<{ID}@shop.example>"}, Report(ID, "delivered")),
    (
        "sendgrid",
        {"event": "bounce", "type": "bounce", "status": "5.1.1", "smtp-id": f"<{ID}@shop.example>"},
        Report(ID, "hard", "5.1.1"),
    ),
    ("sendgrid", {"event": "bounce", "type": "blocked", "smtp-id": f"<{ID}@shop.example>"}, Report(ID, "soft")),
    ("sendgrid", {"event": "spamreport", "smtp-id": f"<{ID}@shop.example>"}, Report(ID, "complaint")),
    (
        "sendgrid",
        {"event": "open", "sg_machine_open": True, "smtp-id": f"<{ID}@shop.example>"},
        Report(ID, "opened", verdict="machine_open"),
    ),
    ("sendgrid", {"event": "processed", "smtp-id": f"<{ID}@shop.example>"}, None),
    ("sendgrid", {"event": "delivered", "smtp-id": f"<{ID}@evil.example>"}, None),
    (
        "postmark",
        {"RecordType": "Bounce", "Type": "HardBounce", "Metadata": {"message": str(ID)}},
        Report(ID, "hard"),
    ),
    ("postmark", {"RecordType": "Bounce", "Type": "Unknown", "Metadata": {"message": str(ID)}}, None),
    ("postmark", {"RecordType": "SpamComplaint", "Metadata": {"message": str(ID)}}, Report(ID, "complaint")),
    (
        "postmark",
        {"RecordType": "Click", "OriginalLink": "https://shop.example/\x00a", "Metadata": {"message": str(ID)}},
        Report(ID, "clicked", label="https://shop.example/a"),
    ),
    (
        "postmark",
        {
            "RecordType": "Click",
            "OriginalLink": "https://mail.shop.example/v1/unsubscribe/e.y.J",
            "Metadata": {"message": str(ID)},
        },
        None,
    ),
    ("postmark", {"RecordType": "Delivery", "Metadata": None}, None),
    (
        "sendgrid",
        {"event": "bounce", "status": "5.1.1\n", "smtp-id": f"<{ID}@shop.example>"},
        Report(ID, "hard"),
    ),
    (
        "ses",
        {
            "eventType": "Bounce",
            "bounce": {"bounceType": "Permanent", "bouncedRecipients": [{"status": "5.1.1"}]},
            "mail": MAIL,
        },
        Report(ID, "hard", "5.1.1"),
    ),
    ("ses", {"notificationType": "Bounce", "bounce": {"bounceType": "Transient"}, "mail": MAIL}, Report(ID, "soft")),
    ("ses", {"eventType": "Complaint", "mail": MAIL}, Report(ID, "complaint")),
    ("ses", {"eventType": "Send", "mail": MAIL}, None),
]


@pytest.mark.parametrize(("name", "said", "expected"), REPORTS)
def test_reports_of_providers_are_read_by_their_files(name: str, said: Any, expected: Report | None) -> None:
    assert list(read_reports(load_provider(name), said, "shop.example", "https://mail.shop.example")) == [expected]


def test_none_of_many_reports_is_left_out() -> None:
    said = [{"event": "delivered", "smtp-id": f"<{ID}@shop.example>"}] * 2_500
    assert list(read_reports(load_provider("sendgrid"), said, "shop.example", "")) == [Report(ID, "delivered")] * 2_500


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
@pytest.mark.slow
def test_nothing_that_a_provider_says_breaks_its_reader(said: Any) -> None:
    for provider in PROVIDERS:
        assert set(read_reports(provider, said, "shop.example", "https://mail.shop.example")) <= {None}
    assert isinstance(at(said, "a.0.b"), str)
