-- name: add_returned
-- None comes back where the same was noted before.
insert into returned (message_id, kind, label, machine, verdict, campaign, noted_at, percent)
values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict do nothing returning message_id

-- name: count_recent_clicks
-- Links of a message that were followed since a moment.
select count(*) from returned where message_id = $1 and kind in ('clicked', 'shown') and label <> $2 and noted_at >= $3
