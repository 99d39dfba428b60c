"""What contacts says for and against two customers being one; the catalogues of other languages translate it."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


LIKENESSES: dict[str, str] = {
    "the same given name": _("The same given name"),
    "given names that are forms of one name": _("Given names that are forms of one name"),
    "one bears more given names than the other": _("One bears more given names than the other"),
    "given names that differ by a slip": _("Given names that differ by a slip"),
    "given and family name the other way round": _("Given and family name the other way round"),
    "other given names": _("Other given names"),
    "the same family name": _("The same family name"),
    "names that share their main words": _("Names that share their main words"),
    "family names that differ by a slip": _("Family names that differ by a slip"),
    "other family names": _("Other family names"),
    "the same date of birth": _("The same date of birth"),
    "dates of birth that differ by a slip": _("Dates of birth that differ by a slip"),
    "dates of birth that agree in two of day, month and year": _(
        "Dates of birth that agree in two of day, month and year"
    ),
    "other dates of birth": _("Other dates of birth"),
    "the same address": _("The same address"),
    "addresses that differ by a slip": _("Addresses that differ by a slip"),
    "the same street or house in one place": _("The same street or house in one place"),
    "the same postal code": _("The same postal code"),
    "the same town": _("The same town"),
    "other addresses": _("Other addresses"),
    "the same e-mail": _("The same e-mail"),
    "nearly the same e-mail": _("Nearly the same e-mail"),
    "other e-mails": _("Other e-mails"),
    "the same phone": _("The same phone"),
    "phones that differ by a digit": _("Phones that differ by a digit"),
    "other phones": _("Other phones"),
    "names in two scripts": _("Names in two scripts"),
    "one is called the elder or the younger": _("One is called the elder or the younger"),
    "a record of two people": _("A record of two people"),
    "a date of birth that many state": _("A date of birth that many state"),
    "no tax number in common": _("No tax number in common"),
    "no date of birth in common": _("No date of birth in common"),
    "no home, e-mail or phone in common": _("No home, e-mail or phone in common"),
    "given names that may be those of two people": _("Given names that may be those of two people"),
    "family names that may be those of two people": _("Family names that may be those of two people"),
    "too little that agrees": _("Too little that agrees"),
    "shared_identities": _("One message named both"),
    "shared_email": _("An e-mail that both share"),
    "shared_phone": _("A phone that both share"),
    "shared_external": _("A customer number that both share"),
    "shared_anonymous": _("A device that both share"),
    "likeness": _("They are alike"),
}
