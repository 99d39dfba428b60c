"""The file of the identity policy: its defaults, what an operator may change, and what is refused."""

from pathlib import Path

import pytest

from services.contacts.policy import IdentityPolicy, read_policy
from shared.errors import ConfigurationError


def written(folder: Path, text: str) -> Path:
    file = folder / "identities.yaml"
    file.write_text(text, "utf-8")
    return file


def test_the_file_that_comes_with_contacts_says_what_the_code_does() -> None:
    policy, code = read_policy(), IdentityPolicy()
    for name, kind in policy.kinds.items():
        assert kind.model_copy(update={"blocked": frozenset()}) == code.kinds[name]
    assert policy.warn_at == code.warn_at
    assert list(policy.order) == ["party", "external", "email", "phone", "anonymous"]


def test_an_operators_file_changes_a_part_and_adds_to_what_is_blocked(tmp_path: Path) -> None:
    policy = read_policy(written(tmp_path, "email: {most: 3, blocked: [Till@Example.com]}\nwarn_at: 1"))
    assert (policy.email.most, policy.email.strength, policy.warn_at) == (3, 30, 1)
    assert {"till@example.com", "noreply"} <= policy.email.blocked
    assert policy.phone == read_policy().phone
    assert read_policy(written(tmp_path, "")) == read_policy()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("email: {most: 0}", "email.most"),
        ("email: {most: many}", "email.most"),
        ("email: {max: 3}", "email.max"),
        ("post: {most: 3}", "post"),
        ("phone: {strength: 30}", "the same strength"),
        ("external: {most: 2}", "external"),
        ("anonymous: {strength: 90}", "anonymous"),
        ("warn_at: 2", "warn_at"),
        ("[a]", "no fields"),
        ("{", "cannot be read"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_policy(written(tmp_path, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"gone\.yaml cannot be read: FileNotFoundError"):
        read_policy(tmp_path / "gone.yaml")


def test_parties_are_warned_of_long_before_a_limit() -> None:
    policy = read_policy()
    assert not policy.warns("email", policy.email.most // 2 - 1)
    assert policy.warns("email", policy.email.most // 2)
    assert not policy.warns("external", 1)
