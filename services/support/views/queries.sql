-- Views hold words of operators and agents, and name no party.

-- name: add_view
-- A new one.
insert into saved_view (id, name, owner, queue, filters, changed_at)
values ($1::uuid, $2::text, $3::text, $4::text, $5::jsonb, $6::timestamptz);

-- name: lock_version
-- Whether it stands, and at which version.
select version from saved_view where id = $1::uuid for update;

-- name: save_view
-- As it is from now on; whose it is stays.
update saved_view set
    name = $2::text, queue = $3::text, filters = $4::jsonb, changed_at = $5::timestamptz, version = version + 1
where id = $1::uuid;

-- name: forget_view
-- The view alone goes, no ticket.
delete from saved_view where id = $1::uuid;

-- name: find_view
-- For reading.
select id, version, name, owner, queue, filters, changed_at from saved_view where id = $1::uuid;

-- name: list_views
-- Everything, or what an agent sees: their own, and what is shared with a queue that they are in. After an id.
select id, version, name, owner, queue, filters, changed_at
from saved_view
where
    id > $1::uuid
    and (
        $2::text is null or owner = $2::text
        or exists (select from agent where agent.id = $2::text and saved_view.queue = any(agent.queues))
    )
order by id
limit $3::integer;
