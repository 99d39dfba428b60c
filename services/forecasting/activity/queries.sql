-- Additions go to the projection that is being written, which the connection's search path names; lists are of the live one.
-- Rows come sorted by key, so that two instances wait for each other and never deadlock.

-- name: add_messages
-- Messages of a batch by day, campaign and outcome.
insert into campaign_day as had (day, campaign, outcome, partition, messages)
select * from unnest($1::date[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
on conflict (day, campaign, outcome, partition) do update set messages = had.messages + excluded.messages;

-- name: add_tickets
-- Tickets of a batch by day and channel.
insert into ticket_day as had (day, channel, partition, opened)
select * from unnest($1::date[], $2::text[], $3::smallint[], $4::bigint[])
on conflict (day, channel, partition) do update set opened = had.opened + excluded.opened;

-- name: add_backlog
-- By how much days changed the number of open tickets.
insert into backlog_day as had (day, partition, change)
select * from unnest($1::date[], $2::smallint[], $3::bigint[])
on conflict (day, partition) do update set change = had.change + excluded.change;

-- name: load_backlog
-- How many were open at the end of each day within [$1, $2), from the first day on that anything is known of; by day.
select sum(coalesce(sum(backlog_day.change), 0) + case when place.day = $1::date then earlier.change else 0 end)
    over (order by place.day)::bigint as open
from generate_series($1::date, $2::date - 1, interval '1 day') as place (day)
left join sales_v1.backlog_day on backlog_day.day = place.day::date
cross join (select coalesce(sum(change), 0) as change, min(day) as first from sales_v1.backlog_day where day < $1) as earlier
where place.day >= coalesce(earlier.first, (select min(day) from sales_v1.backlog_day))
group by place.day, earlier.change
order by place.day;

-- name: add_choices
-- What parties looked at, put aside or asked for, counted by day.
insert into choice_day as had (party_id, day, choices)
select * from unnest($1::uuid[], $2::date[], $3::int[])
on conflict (party_id, day) do update set choices = had.choices + excluded.choices;

-- name: add_segment_changes
-- What was told twice of one moment is one.
insert into segment_change (party_id, segment, at, entered)
select * from unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::boolean[])
on conflict do nothing;

-- name: add_disputes
-- One that was told closed before keeps that.
insert into dispute (dispute_id, party_id, raised_at, origin, sale_id)
select * from unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[])
on conflict (dispute_id) do update set
    raised_at = excluded.raised_at, origin = excluded.origin, sale_id = excluded.sale_id;

-- name: close_disputes
-- One whose beginning is not known is over all the same.
insert into dispute (dispute_id, party_id, raised_at, closed_at)
select dispute_id, party_id, closed_at, closed_at
from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as closed (dispute_id, party_id, closed_at)
on conflict (dispute_id) do update set closed_at = excluded.closed_at;

-- name: load_usage
-- Choices in the 28 days before $2 and in the 84 before those, and the days with any.
select
    party_id,
    coalesce(sum(choices) filter (where day >= $2::date - 28), 0)::int as recent,
    coalesce(sum(choices) filter (where day < $2::date - 28), 0)::int as before,
    (count(*) filter (where day >= $2::date - 28 and choices > 0))::int as recent_days,
    (count(*) filter (where day < $2::date - 28 and choices > 0))::int as before_days
from sales_v1.choice_day
where party_id = any($1::uuid[]) and day >= $2::date - 112 and day < $2
group by party_id;

-- name: load_disputes
-- Parties with $1 or more disputes open at once; few are open, and an index holds them.
select
    party_id,
    count(*)::int as count,
    min(raised_at) as first_at,
    max(raised_at) as last_at,
    (array_agg(dispute_id order by raised_at desc, dispute_id))[1] as newest
from sales_v1.dispute
where closed_at is null
group by party_id
having count(*) >= $1;

-- name: find_usage
-- Of one party, under all its ids $1, the same of its choices, `days` of them with any, and what it disputes now.
select usage.*, disputed.*
from (
    select
        count(*)::int as days,
        coalesce(sum(choices) filter (where day >= $2::date - 28), 0)::int as recent,
        coalesce(sum(choices) filter (where day < $2::date - 28), 0)::int as before,
        (count(*) filter (where day >= $2::date - 28 and choices > 0))::int as recent_days,
        (count(*) filter (where day < $2::date - 28 and choices > 0))::int as before_days
    from sales_v1.choice_day
    where party_id = any($1::uuid[]) and day >= $2::date - 112 and day < $2
) as usage
cross join (
    select
        count(*)::int as count,
        min(raised_at) as first_at,
        max(raised_at) as last_at,
        (array_agg(dispute_id order by raised_at desc, dispute_id))[1] as newest
    from sales_v1.dispute
    where party_id = any($1::uuid[]) and closed_at is null
) as disputed;

-- name: list_messages
-- By day, campaign and outcome, after the position ($3, $4, $5).
select day, campaign, outcome, sum(messages)::bigint as messages
from sales_v1.campaign_day
where day >= $1 and day < $2 and (day, campaign, outcome) > ($3, $4, $5)
group by day, campaign, outcome
order by day, campaign, outcome
limit $6;

-- name: list_tickets
-- By day and channel, after the position ($3, $4).
select day, channel, sum(opened)::bigint as opened
from sales_v1.ticket_day
where day >= $1 and day < $2 and (day, channel) > ($3, $4)
group by day, channel
order by day, channel
limit $5;
