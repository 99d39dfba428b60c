"""Why support decided as it did, a sentence for each of its codes; the catalogues of other languages translate them."""


def _(text: str) -> str:
    """Marks a text for the catalogues."""
    return text


REASONS = {
    "no_words": _("No category: the request has no words"),
    "unlike_known": _("No category: it is unlike what is known; nearest is %(nearest)s, by %(words)s"),
    "unlike_known_wordless": _("No category: it is unlike what is known; nearest is %(nearest)s, by its characters"),
    "category": _("%(category)s, by %(words)s; such answers were right in %(share)s of the cases"),
    "category_wordless": _("%(category)s, by its characters; such answers were right in %(share)s of the cases"),
    "urgency": _("Urgency: %(urgency)s"),
    "urgency_by_words": _("Urgency: %(urgency)s, by %(words)s"),
    "sentiment": _("Tone: %(sentiment)s, by %(words)s"),
    "mixed_languages": _("Two languages are mixed"),
    "priority": _(
        "Priority: %(priority)s, from impact %(impact)s \u00d7 urgency %(urgency)s \u00d7 customer %(value)s"
        " \u00d7 time left %(haste)s = %(score)s"
    ),
    "corrected": _("Corrected by %(agent)s"),
    "relationship_manager": _("By agreement the customer's relationship manager"),
    "answered_before": _("Answered for it before it was reopened"),
    "has_skills": _("Has the skills: %(skills)s"),
    "needs_no_skill": _("Is in the queue %(queue)s, and no skill is needed"),
    "in_fallback": _("Nobody of %(queue)s who fits is free; is in %(fallback)s"),
    "fits_alone": _("Had %(load)s of at most %(room)s (%(channel)s), and alone fits"),
    "least_loaded": _("Had %(load)s of at most %(room)s (%(channel)s), the least loaded of %(fitting)s who fit"),
    "claimed": _("Claimed by %(agent)s"),
    "given": _("Given by %(agent)s"),
    "given_back": _("Given back by %(agent)s: %(returned)s"),
    "removed": _("%(agent)s is no longer in the team: %(removed)s"),
    "shift_over": _("The shift of %(agent)s is over"),
    "absent": _("%(agent)s: %(presence)s"),
    "nobody_skilled": _("Nobody of %(queue)s has the skills: %(skills)s"),
    "nobody_skilled_or_fallback": _("Nobody of %(queue)s or %(fallback)s has the skills: %(skills)s"),
    "nobody_asked": _("There is nobody in %(queue)s"),
    "nobody_asked_or_fallback": _("There is nobody in %(queue)s or %(fallback)s"),
    "nobody_there": _("Nobody who fits is there and on shift"),
    "no_room": _("Everybody who fits and is there has enough already (%(channel)s)"),
    "next": _("It is given out next"),
}
