-- What marketing knows of the parties that the bench sells to.

-- name: add_parties
-- With an address each, described in a language of their own.
insert into party (id, version, name, email, locale)
select id, 1, 'Customer', id || '@example.com', 'en' from unnest($1::uuid[]) as given (id)

-- name: add_consents
-- Each may be written to, since before the first sale.
insert into consent (event_id, party_id, purpose, topic, channel, given, occurred_at, recorded_at)
select gen_random_uuid(), id, 'marketing', '', 'email', true, now() - interval '1 day', now() - interval '1 day' from party

-- name: add_days
-- These parties were written to on each of so many days, today's included, so that a cap is full.
insert into message_day (party_id, day, messages)
select id, current_date - ago, 1 from unnest($1::uuid[]) as given (id), generate_series(0, $2::integer - 1) as ago

-- name: count_heard
-- Events of a topic that were handled, by the numbers that they carry: a glance, however many there are.
select coalesce(sum(mark), 0)::bigint from fence where group_id = $1 and topic = $2

-- name: count_filled
-- Segments whose parties are all decided.
select count(*) from segment where filled_at is not null

-- name: count_capped
-- Messages that a cap ended.
select count(*) from message where reason = 'frequency_cap'

-- name: count_undecided
-- Whether parties are yet to be decided for segments: 1 or 0.
select exists (select from timer where name = 'segments')::integer

-- name: count_members
-- Who is in a segment.
select coalesce(sum(members), 0)::bigint from segment_size
