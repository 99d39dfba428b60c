-- A mail is kept before it is passed on; rows are written under the lock of the mailbox, or alone.

-- name: hold_mailbox
-- Held for the life of the connection, so that one instance reads a mailbox at a time.
select pg_try_advisory_lock(hashtextextended('support.mailbox ' || $1::text, 0));

-- name: find_position
-- How far a mailbox was read.
select validity, last_uid from mailbox where name = $1::text;

-- name: save_position
-- Forward only, as long as the server numbers mails as before.
insert into mailbox as known (name, validity, last_uid)
values ($1::text, $2::bigint, $3::bigint)
on conflict (name) do update set
    validity = excluded.validity,
    last_uid = case
        when known.validity = excluded.validity then greatest(known.last_uid, excluded.last_uid) else excluded.last_uid
    end;

-- name: lock_sender
-- Mails of one sender are counted one after another.
select pg_advisory_xact_lock(hashtextextended('support.mail ' || $1::text, 0));

-- name: count_recent
-- How many mails of this sender were passed on lately.
select count(*) from mail where sender = $1::text and received_at > $2::timestamptz and kind = 'request';

-- name: add_mail
-- Once, whichever way and how often it comes.
insert into mail (id, kind, sender, subject, body, thread, in_reply_to, written_at, received_at, refers_to)
values (
    $1::uuid, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text, $8::timestamptz, $9::timestamptz, $10::text[]
)
on conflict do nothing
returning id;

-- name: add_contents
-- Each content once.
insert into attachment_content (sha256, content)
select distinct on (sha256) sha256, content
from unnest($1::bytea[], $2::bytea[]) as given (sha256, content)
order by sha256
on conflict do nothing;

-- name: add_attachments
-- What was attached, in its order.
insert into attachment (mail_id, place, name, media_type, size, sha256, refused)
select $1::uuid, place, name, media_type, size, sha256, refused
from unnest($2::smallint[], $3::text[], $4::text[], $5::bigint[], $6::bytea[], $7::text[])
    as given (place, name, media_type, size, sha256, refused)
order by place;

-- name: claim_mails
-- Which request of which party came of each mail, and to what it refers.
update mail set party_id = given.party_id, request_event_id = given.event_id
from unnest($1::uuid[], $2::uuid[], $3::text[]) as given (id, party_id, event_id)
where mail.id = given.id and mail.request_event_id is null
returning mail.request_event_id, mail.refers_to;

-- name: find_sender
-- The address that the newest of these requests came from, of those of these parties.
select sender from mail
where request_event_id = any($1::text[]) and party_id = any($2::uuid[]) and sender is not null
order by received_at desc, id desc
limit 1;

-- name: forget_mails
-- Of erased parties: who wrote, from where and what, with what was attached.
update mail set sender = null, subject = null, body = null, thread = null, in_reply_to = null, refers_to = '{}'
where party_id = any($1::uuid[]) and sender is not null;

-- name: forget_attachments
-- What erased parties attached.
delete from attachment using mail where attachment.mail_id = mail.id and mail.party_id = any($1::uuid[]);

-- name: forget_unclaimed
-- Mails that became no request of anybody are kept for so long that somebody could look at them.
delete from mail where id = any(array(
    select id from mail where party_id is null and received_at < $1::timestamptz
    order by received_at, id limit 500
    for update skip locked
))
returning id;

-- name: has_unclaimed
-- Whether there is anything that will have to be forgotten.
select exists(select from mail where party_id is null) or exists(
    select from attachment_content
    where not exists (select from attachment where attachment.sha256 = attachment_content.sha256)
);

-- name: forget_contents
-- Those that nothing is attached to any more.
delete from attachment_content
where sha256 = any(array(
    select sha256 from attachment_content as kept
    where not exists (select from attachment where attachment.sha256 = kept.sha256)
    order by sha256 limit 500
    for update skip locked
));

-- name: list_mails
-- Those that were not passed on, newest first, of one kind or any.
select id, kind, sender, subject, body, written_at, received_at
from mail
where
    party_id is null and kind <> 'request' and ($1::text is null or kind = $1::text)
    and (received_at, id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
order by received_at desc, id desc
limit $4::integer;

-- name: lock_mail
-- One that is to be passed on by hand.
select id, kind, sender, subject, body, thread, in_reply_to, written_at from mail where id = $1::uuid for update;

-- name: pass_on
-- From now on its text is the request's.
update mail set kind = 'request', subject = null, body = null where id = $1::uuid;

-- name: find_attachments
-- What was attached to these requests.
select mail.request_event_id, attachment.mail_id, attachment.place, attachment.name, attachment.media_type,
    attachment.size, attachment.refused
from mail join attachment on attachment.mail_id = mail.id
where mail.request_event_id = any($1::text[])
order by mail.request_event_id, attachment.place;

-- name: find_content
-- One that is kept.
select attachment.name, attachment.media_type, attachment_content.content
from attachment join attachment_content on attachment_content.sha256 = attachment.sha256
where attachment.mail_id = $1::uuid and attachment.place = $2::smallint;
