-- A letter is written down before its first byte leaves; the party is locked before its letters.

-- name: add_letter
-- From the commit on any sender may take it.
insert into letter (
    reply_id, ticket_id, party_id, request_event_id, address, subject, body, follows, written_at, next_at, outcome, settled_at
)
select
    $1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::text, $7::text, $8::text[], $9::timestamptz, now(), $10::text,
    case when $10::text is not null then $9::timestamptz end
on conflict do nothing;

-- name: begin_letters
-- Take letters for this owner. Committed before the first byte leaves, so that a crash shows what may have been sent.
update letter set owner = $1::uuid, number = number + 1
where reply_id = any(array(
    select reply_id from letter where outcome is null and owner is null and next_at <= now()
    order by next_at, reply_id limit $2::integer for update skip locked
))
returning reply_id, ticket_id, party_id, request_event_id, address, subject, body, follows, written_at, number;

-- name: postpone_letter
-- Nothing was accepted, so another attempt is safe.
update letter set owner = null, next_at = now() + make_interval(secs => $3::double precision)
where reply_id = $1::uuid and owner = $2::uuid;

-- name: settle_letter
-- By its owner alone; the text is the reply's from now on.
update letter set
    owner = null, outcome = $3::text, settled_at = $4::timestamptz, address = null, subject = null, body = null
where reply_id = $1::uuid and owner = $2::uuid and outcome is null
returning reply_id;

-- name: hold_owner
-- Held for the life of the connection: that it can be taken shows that the owner is gone.
select pg_try_advisory_lock(hashtextextended('support.sender ' || $1::text, 0));

-- name: find_other_owners
-- Whoever began letters and has not settled them.
select distinct owner from letter where owner is not null and owner <> $1::uuid;

-- name: owner_is_gone
-- See hold_owner.
select pg_try_advisory_xact_lock(hashtextextended('support.sender ' || $1::text, 0));

-- name: take_over_letters
-- Letters of an owner that is gone become ours to settle, locked in their order as an erasure locks them.
with left_over as (
    select reply_id from letter where owner = $1::uuid order by reply_id for update
)
update letter set owner = $2::uuid where reply_id = any(array(select reply_id from left_over))
returning reply_id, ticket_id, party_id, request_event_id, address, subject, body, follows, written_at, number;

-- name: find_parties_of_letters
-- To whom these were written.
select distinct party_id from letter where reply_id = any($1::uuid[]) order by party_id;

-- name: lock_bounced
-- Letters that came back, of those that left or may have; also while it is not written down yet that they left.
select reply_id, ticket_id, party_id, request_event_id, address, subject, body, follows, written_at, number
from letter
where reply_id = any($1::uuid[]) and (outcome in ('sent', 'unknown') or outcome is null and number > 0)
order by reply_id
for update;

-- name: bounce_letters
-- They did not arrive.
update letter set
    owner = null, outcome = 'bounced', settled_at = $2::timestamptz, address = null, subject = null, body = null
where reply_id = any($1::uuid[]);

-- name: call_off_letters
-- Those that no sender has in its hands; nothing of them was accepted by a mail server.
update letter set
    outcome = 'called_off', settled_at = $2::timestamptz, address = null, subject = null, body = null
where reply_id = any($1::uuid[]) and outcome is null and owner is null
returning reply_id, ticket_id, party_id, request_event_id, null::text as body, written_at, number;

-- name: forget_letters
-- Of erased parties; what nobody has begun to send is not sent any more.
with known as (
    select reply_id from letter where party_id = any($1::uuid[]) order by reply_id for update
)
update letter set
    address = null, subject = null, body = null, follows = '{}',
    outcome = case when owner is null then coalesce(outcome, 'no_address') else outcome end,
    settled_at = case when owner is null then coalesce(settled_at, $2::timestamptz) else settled_at end
where reply_id = any(array(select reply_id from known));

-- name: doubt_letters
-- After a restore: what the backup was about to send may have been sent. Nobody ever holds the lock of this owner.
update letter set owner = $1::uuid where outcome is null;

-- name: take_back_letter
-- After a restore: what is known to have become of a letter.
insert into letter (reply_id, ticket_id, party_id, request_event_id, written_at, outcome, settled_at)
values ($1::uuid, $2::uuid, $3::uuid, $4::text, $6::timestamptz, $5::text, $6::timestamptz)
on conflict (reply_id) do update set
    owner = null, outcome = excluded.outcome, settled_at = excluded.settled_at, address = null, subject = null,
    body = null;
