-- name: claim_key
-- True if the key is this request's now. A key past its 24 hours counts as unused. Two others that are past theirs go
-- with it, so that the table stays small without a job; its own row is left out, since one statement may write it once.
with old as (
    delete from idempotency
    where (key, operation) in (
        select key, operation from idempotency
        where created_at < now() - interval '24 hours' and (key, operation) <> ($1, $2)
        order by created_at, key, operation limit 2 for update skip locked
    )
)
insert into idempotency as kept (key, operation, request_hash) values ($1, $2, $3)
on conflict (key, operation) do update
    set request_hash = excluded.request_hash, status = null, body = null, created_at = now()
    where kept.created_at < now() - interval '24 hours'
returning true;

-- name: load_answer
-- What the key stands for; its request has ended, since claim_key waits for it.
select request_hash, status, body from idempotency where key = $1 and operation = $2;

-- name: keep_answer
-- The answer, in the transaction of what it tells of.
update idempotency set status = $3, body = $4, named = $5::integer[] where key = $1 and operation = $2;

-- name: forget_answers
-- Answers that name any of these lose what they said, and the hashes of whom they named with it. The key stays, so that
-- its request is not carried out again. Two ids may have one hash, so that the text decides.
update idempotency set body = null, named = '{}'
where body is not null
    and (key, operation) in (
        select key, operation from idempotency where named && $2::integer[]
        union all
        select key, operation from idempotency where named is null and body is not null
    )
    and exists (
        select from unnest($1::text[]) as given (id) where position(convert_to(given.id, 'UTF8') in idempotency.body) > 0
    );
