-- name: add_received
-- Sorted by the caller. A fact that was taken an hour ago is either applied, and known by the engine's inbox, or refused;
-- then it may be taken again, which harms nobody. As many rows that are older go with each, so that the table stays small
-- without a job.
with old as (
    delete from received_fact
    where (source, id, content) in (
        select source, id, content from received_fact
        where received_at < now() - interval '2 hours'
        order by received_at limit 2 * cardinality($1::text[]) for update skip locked
    )
)
insert into received_fact as known (source, id, content)
select * from unnest($1::text[], $2::text[], $3::bytea[])
on conflict (source, id, content) do update set received_at = now()
    where known.received_at < now() - interval '1 hour'
returning source, id, content
