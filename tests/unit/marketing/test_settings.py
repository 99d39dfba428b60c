"""Marketing's settings, and what the sender makes of them."""

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from services.marketing.main import create_app
from services.marketing.sending.channels.maildir import Maildir
from services.marketing.sending.channels.smtp import Smtp
from services.marketing.sending.worker import make_channel, make_from_address
from services.marketing.settings import MarketingSettings
from shared.errors import ConfigurationError

SECRET = "a secret of at least 32 characters"
LINKS = {"public_url": "https://shop.example", "unsubscribe_secret": SECRET}


def settings(**fields: Any) -> MarketingSettings:
    return MarketingSettings.model_validate(fields)


def test_mail_server_is_taken_where_there_is_one(tmp_path: Path) -> None:
    served = make_channel(settings(smtp_url=SecretStr("smtp://mail.example:2525"), smtp_connections=3, **LINKS))
    assert isinstance(served, Smtp)
    assert served.batch == 30
    assert isinstance(make_channel(settings(maildir=tmp_path / "mail")), Maildir)
    assert (tmp_path / "mail" / "new").is_dir()


def test_maildir_that_cannot_be_made_says_what_to_set(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="set RAPPORT_MARKETING__MAILDIR"):
        make_channel(settings(maildir=tmp_path / "file"))


@pytest.mark.parametrize("url", ["http://mail.example", "mail.example:25", "smtp://", "smtp://mail:99999"])
def test_url_of_no_mail_server_is_refused(url: str) -> None:
    with pytest.raises(ValidationError, match=r"smtp_url\n.*such an address is smtp://"):
        settings(smtp_url=url)


@pytest.mark.parametrize("url", ["shop.example", "ftp://shop.example", "https://shop.example/?a", "https://a b"])
def test_public_url_is_where_links_begin(url: str) -> None:
    with pytest.raises(ValidationError):
        settings(public_url=url, unsubscribe_secret=SECRET)


@pytest.mark.parametrize(
    "fields",
    [
        {"public_url": "https://shop.example"},
        {"unsubscribe_secret": SECRET},
        {"public_url": "https://shop.example", "unsubscribe_secret": "short"},
        {"smtp_url": "smtp://mail.example"},
    ],
)
def test_letters_do_not_leave_without_a_way_to_unsubscribe(fields: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        settings(**fields)
    assert settings(smtp_url="smtp://mail.example", **LINKS).public_url == LINKS["public_url"]


def test_message_ids_are_of_the_senders_domain() -> None:
    assert make_from_address(settings(from_address="hello@shop.example")).domain == "shop.example"


def test_service_does_not_start_with_a_campaign_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAPPORT_KAFKA__BROKERS", "127.0.0.1:9")
    monkeypatch.setenv("RAPPORT_DATABASE__DSN", "postgresql://marketing@127.0.0.1:9/marketing")
    monkeypatch.setenv("RAPPORT_AUTH__MODE", "off")
    assert create_app().state.service.name == "marketing"
    monkeypatch.setenv("RAPPORT_MARKETING__CAMPAIGNS", str(tmp_path))
    with pytest.raises(ConfigurationError, match="holds no campaign"):
        create_app()


@pytest.mark.parametrize(
    "wrong",
    [
        {"url": "ftp://sms.example"},
        {"url": "https://user:word@sms.example/"},
        {"secret": "too short a word"},
        {"secret": "whsec_c2hvcnQ="},
        {"secret": "whsec_%%%"},
    ],
)
def test_a_provider_has_an_address_and_a_key_and_of_social_media_a_system(wrong: dict[str, str]) -> None:
    right = {"url": "https://sms.example/send", "secret": f"whsec_{b64encode(bytes(24)).decode()}"}
    assert settings(providers={"sms": right}).providers["sms"].connections == 4
    with pytest.raises(ValidationError) as refused:
        settings(providers={"sms": {**right, **wrong}})
    assert right["secret"] not in str(refused.value)
    with pytest.raises(ValidationError, match="needs the system"):
        settings(providers={"social": right})


def test_webhooks_of_a_cloud_name_the_topic_that_is_ours() -> None:
    hook = {"secret": "a certificate in PEM"}
    with pytest.raises(ValidationError, match="webhooks of ses need the topic"):
        settings(webhooks={"ses": hook})
    assert settings(webhooks={"ses": {**hook, "topic": "arn:aws:sns:eu-west-1:1:mail"}, "postmark": hook}).webhooks
