-- The row of a ticket is locked before sums, and sums are written in the order of their key, by one statement each.

-- name: lock_rows
-- What was counted of these tickets.
select
    ticket_id, told_offset, opened_at, channel, sku, queue, agent, category, status, answered_at, answered_by,
    resolved_at, resolved_by, rating, rated_at, rated_agent, warned, marks
from stat_ticket
where ticket_id = any($1::uuid[])
order by ticket_id
for update;

-- name: save_rows
-- What is counted of them now.
insert into stat_ticket (
    ticket_id, told_offset, opened_at, channel, sku, queue, agent, category, status, answered_at, answered_by,
    resolved_at, resolved_by, rating, rated_at, rated_agent, warned, marks
)
select
    ticket_id, told_offset, opened_at, channel, sku, queue, agent, category, status, answered_at, answered_by,
    resolved_at, resolved_by, rating, rated_at, rated_agent, array(select jsonb_array_elements_text(warned)), marks
from unnest(
    $1::uuid[], $2::bigint[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::timestamptz[], $11::text[], $12::timestamptz[], $13::text[], $14::smallint[], $15::timestamptz[],
    $16::text[], $17::jsonb[], $18::jsonb[]
) as counted (
    ticket_id, told_offset, opened_at, channel, sku, queue, agent, category, status, answered_at, answered_by,
    resolved_at, resolved_by, rating, rated_at, rated_agent, warned, marks
)
order by ticket_id
on conflict (ticket_id) do update set
    told_offset = excluded.told_offset, opened_at = excluded.opened_at, channel = excluded.channel,
    sku = excluded.sku, queue = excluded.queue, agent = excluded.agent, category = excluded.category,
    status = excluded.status, answered_at = excluded.answered_at, answered_by = excluded.answered_by,
    resolved_at = excluded.resolved_at, resolved_by = excluded.resolved_by, rating = excluded.rating,
    rated_at = excluded.rated_at, rated_agent = excluded.rated_agent, warned = excluded.warned,
    marks = excluded.marks;

-- name: add_to_sums
-- What each sum gains or loses.
insert into stat_sum as known (day, queue, agent, category, channel, measure, bucket, tickets, seconds)
select day, queue, agent, category, channel, measure, bucket, tickets, seconds
from unnest(
    $1::date[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::bigint[], $9::bigint[]
) as change (day, queue, agent, category, channel, measure, bucket, tickets, seconds)
order by day, queue, agent, category, channel, measure, bucket
on conflict (day, queue, agent, category, channel, measure, bucket) do update set
    tickets = known.tickets + excluded.tickets, seconds = known.seconds + excluded.seconds;

-- name: add_to_products
-- How many tickets more or less were opened about a product.
insert into stat_product as known (day, sku, category, tickets)
select day, sku, category, tickets
from unnest($1::date[], $2::text[], $3::text[], $4::bigint[]) as change (day, sku, category, tickets)
order by sku, category, day
on conflict (sku, category, day) do update set tickets = known.tickets + excluded.tickets;

-- name: load_sums
-- The sums of a span of days and of what stands open, by one of their names, of those that are asked for.
select
    case
        when $3::text = 'day' then day::text
        when $3::text = 'queue' then queue
        when $3::text = 'agent' then agent
        when $3::text = 'category' then category
        when $3::text = 'channel' then channel
        else ''
    end as key,
    measure, bucket, sum(tickets)::bigint as tickets, sum(seconds)::bigint as seconds
from stat_sum
where
    (day between $1::date and $2::date or day = $8::date)
    and ($4::text is null or queue = $4::text) and ($5::text is null or agent = $5::text)
    and ($6::text is null or category = $6::text) and ($7::text is null or channel = $7::text)
group by 1, measure, bucket
having sum(tickets) <> 0
order by 1, measure, bucket;

-- name: load_queue_levels
-- Of queues: how many tickets stand open, how many of them have little time left, and how many more were opened than
-- resolved since a day.
select
    queue,
    coalesce(sum(tickets) filter (where day = $3::date and measure = 'open'), 0)::bigint as open,
    coalesce(sum(tickets) filter (where day = $3::date and measure = 'slack_short'), 0)::bigint as short,
    coalesce(
        sum(case when measure = 'opened' then tickets else -tickets end)
        filter (where day >= $2::date and measure in ('opened', 'resolved')), 0
    )::bigint as grown
from stat_sum
where queue = any($1::text[]) and (day >= $2::date or day = $3::date)
group by queue
order by queue;

-- name: load_product_levels
-- Of products and categories: how many tickets were opened since a day, and how many before it since another.
select
    asked.sku, asked.category,
    coalesce(sum(tickets) filter (where day >= $3::date), 0)::bigint as now,
    coalesce(sum(tickets) filter (where day < $3::date), 0)::bigint as before
from unnest($1::text[], $2::text[]) as asked (sku, category)
left join stat_product
    on stat_product.sku = asked.sku and stat_product.category = asked.category and day >= $4::date
group by asked.sku, asked.category
order by asked.sku, asked.category;

-- name: add_warning
-- Raised once, until it is cleared.
insert into stat_warning (id, kind, about, category, observed, usual, raised_at)
values ($1::uuid, $2::text, $3::text, $4::text, $5::bigint, $6::bigint, $7::timestamptz)
on conflict do nothing
returning id;

-- name: lock_warnings
-- Those of these that are open.
select stat_warning.id, kind, about, stat_warning.category, observed, usual, raised_at, cleared_at
from stat_warning
where cleared_at is null and (kind, about, stat_warning.category) in (
    select * from unnest($1::text[], $2::text[], $3::text[])
)
order by id
for update;

-- name: find_warnings
-- By their timers.
select id, kind, about, category, observed, usual, raised_at, cleared_at
from stat_warning
where id = any($1::uuid[]) and cleared_at is null
order by id;

-- name: lock_open_warnings
-- Before their timers, as who counts does.
select id from stat_warning where id = any($1::uuid[]) and cleared_at is null order by id for update;

-- name: clear_warning
-- It is over.
update stat_warning set cleared_at = $2::timestamptz where id = $1::uuid;

-- name: list_warnings
-- Newest first, after a place in that order; open ones alone, or all.
select id, kind, about, nullif(category, '') as category, observed, usual, raised_at, cleared_at
from stat_warning
where (raised_at, id) < ($1::timestamptz, $2::uuid) and ($3::boolean or cleared_at is null)
order by raised_at desc, id desc
limit $4::integer;

-- name: take_back_warning
-- After a restore: one that the topic tells of.
insert into stat_warning (id, kind, about, category, observed, usual, raised_at)
values ($1::uuid, $2::text, $3::text, $4::text, $5::bigint, $6::bigint, $7::timestamptz)
on conflict do nothing;
