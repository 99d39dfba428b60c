"""Support's settings that name servers."""

import pytest
from pydantic import ValidationError

from services.support.settings import SupportSettings


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"imap_url": "pop3://a:b@mail.example"}, "imap_url is imaps://"),
        ({"imap_url": "imaps://mail.example"}, "imap_url is imaps://"),
        ({"imap_url": "imaps://a:b@mail.example:99999/INBOX"}, "imap_url is imaps://"),
        ({"smtp_url": "http://mail.example", "mail_address": "help@shop.example"}, "such an address is smtp://"),
        ({"smtp_url": "smtp://mail.example:0", "mail_address": "help@shop.example"}, "such an address is smtp://"),
        ({"smtp_url": "smtp://mail.example"}, "smtp_url needs mail_address"),
    ],
)
def test_server_that_cannot_be_used_is_refused(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        SupportSettings.model_validate(given)


def test_servers_are_named_with_or_without_a_port() -> None:
    given = {"imap_url": "imaps://a:b@mail.example", "smtp_url": "smtp://mail.example:2525"}
    settings = SupportSettings.model_validate({**given, "mail_address": "help@shop.example"})
    assert settings.imap_url is not None
    assert settings.smtp_url is not None
    assert settings.smtp_url.get_secret_value() == "smtp://mail.example:2525"
