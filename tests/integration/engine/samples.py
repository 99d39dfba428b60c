"""A valid value of an event type, from the committed samples."""

from pathlib import Path

from shared.events.contract import contract_of

_CONTRACTS = Path(__file__).parents[3] / "shared" / "contracts"


def sample(model: type) -> tuple[str, bytes]:
    """Type and value."""
    contract = contract_of(model)
    folder = _CONTRACTS / contract.topic / contract.type
    return contract.type, max(folder.glob("*.sample.json")).read_bytes()
