-- name: add_move
-- Written in the transaction that moves the identities.
insert into identity_move (id, kind, from_party_id, to_party_id, identity_ids, because, moved_at, undoes)
values ($1, $2, $3, $4, $5::uuid[], $6, $7, $8)

-- name: take_back_move
-- Both parties were told of it, in any order; what undoes it may have been told before. Of who is erased nothing is
-- written: certificates count what is.
insert into identity_move (id, kind, from_party_id, to_party_id, identity_ids, because, moved_at, undoes)
select
    $1, $2, $3, $4, $5::uuid[],
    case when exists (select from party where id in ($3, $4) and erased_at is not null) then '' else $6 end, $7, $8
on conflict (id) do nothing

-- name: forget_reasons
-- What people wrote of parties that are erased; that identities moved stays.
update identity_move set because = ''
where (from_party_id = any ($1::uuid[]) or to_party_id = any ($1::uuid[])) and because <> ''

-- name: find_homes
-- Ids of moves are in the order of time, also where two were made in one millisecond of one process.
select distinct on (identity_id) identity_id, to_party_id
from identity_move, unnest(identity_ids) as identity_id
where identity_id = any($1::uuid[])
order by identity_id, moved_at desc, id desc

-- name: load_move
-- With the move that took it back, if one did.
select
    move.id, move.kind, move.from_party_id, move.to_party_id, move.identity_ids, move.because, move.moved_at,
    move.undoes, undoing.id as undone_by
from identity_move as move
left join identity_move as undoing on undoing.undoes = move.id
where move.id = $1

-- name: lock_move
-- Two who undo the same move wait for each other.
select id from identity_move where id = $1 for update
