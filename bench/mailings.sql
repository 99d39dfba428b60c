-- What marketing knows of the readers of a mailing.

-- name: add_readers
-- Parties with an address each, described in a language of their own.
insert into party (id, version, name, email, locale)
select gen_random_uuid(), 1, 'Reader ' || number, 'reader-' || number || '@example.com', 'en'
from generate_series(1, $1) as number

-- name: add_consents
-- Each may be written to.
insert into consent (event_id, party_id, purpose, topic, channel, given, occurred_at, recorded_at)
select gen_random_uuid(), id, 'marketing', '', 'email', true, now() - interval '1 day', now() - interval '1 day' from party
