-- Additions of a batch. Rows come sorted by key, so that two instances wait for each other and never deadlock.

-- name: add_sold
-- $1 to $3 are the groups (day, channel, currency), $4 the group of each row: fewer values to send than a key a row.
insert into sold_day as had (day, channel, currency, sku, sales, units, revenue)
select ($1::date[])[at], ($2::text[])[at], ($3::text[])[at], sku, sales, units, revenue
from unnest($4::int[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[]) as sold (at, sku, sales, units, revenue)
on conflict (day, channel, currency, sku) do update set
    sales = had.sales + excluded.sales, units = had.units + excluded.units, revenue = had.revenue + excluded.revenue

-- name: add_channels
insert into channel_day as had (day, channel, currency, partition, sales, revenue)
select * from unnest($1::date[], $2::text[], $3::text[], $4::smallint[], $5::bigint[], $6::bigint[])
on conflict (day, channel, currency, partition) do update set
    sales = had.sales + excluded.sales, revenue = had.revenue + excluded.revenue

-- name: add_purchases
insert into purchase_day as had (party_id, day, currency, sales, amount)
select * from unnest($1::uuid[], $2::date[], $3::text[], $4::int[], $5::bigint[])
on conflict (party_id, day, currency) do update set
    sales = had.sales + excluded.sales, amount = had.amount + excluded.amount

-- name: add_messages
insert into campaign_day as had (day, campaign, outcome, partition, messages)
select * from unnest($1::date[], $2::text[], $3::text[], $4::smallint[], $5::bigint[])
on conflict (day, campaign, outcome, partition) do update set messages = had.messages + excluded.messages

-- name: add_tickets
insert into ticket_day as had (day, channel, partition, opened)
select * from unnest($1::date[], $2::text[], $3::smallint[], $4::bigint[])
on conflict (day, channel, partition) do update set opened = had.opened + excluded.opened

-- name: save_products
insert into product (sku, name, category)
select sku, name, array(select json_array_elements_text(path))
from unnest($1::text[], $2::text[], $3::json[]) as described (sku, name, path)
on conflict (sku) do update set name = excluded.name, category = excluded.category

-- name: forget_products
delete from product where sku = any($1::text[])

-- What the jobs read.

-- name: look_at
-- Unqualified names mean the tables of this schema until the connection goes back to its pool.
select set_config('search_path', $1 || ', public', false)

-- name: load_department_weeks
-- Revenue by department, currency and week (from Monday on) within [from, cut).
select coalesce(product.category[1], $3) as department, sold_day.currency,
    date_trunc('week', sold_day.day)::date as week, sum(sold_day.revenue)::bigint as revenue
from sold_day left join product using (sku)
where sold_day.day >= $1 and sold_day.day < $2
group by 1, 2, 3
order by 1, 2, 3

-- name: first_day
select min(day) from sold_day

-- name: count_sales
select coalesce(sum(sales), 0)::bigint from channel_day where day < $1

-- name: load_outlooks
select series, origin, model, scale, centre, spread, last, step
from outlook where series = any($1::text[]) and origin >= $2 and origin < $3
order by series, origin

-- name: latest_forecasts
-- The forecast in force of each series.
select distinct on (series) series, forecast_id from forecast where series = any($1::text[]) order by series, cut desc

-- name: last_job
select cut, after, scored from job order by cut desc limit 1

-- name: open_job
-- No row where another instance was first: then everything of this cut stands already.
insert into job (cut, recorded_at) values ($1, $2) on conflict (cut) do nothing returning cut

-- name: save_series
insert into series (id, department, currency, unit, first_week)
select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::date[])
on conflict (id) do update set first_week = excluded.first_week

-- name: save_outlooks
insert into outlook (series, origin, model, scale, centre, spread, last, step)
select series, origin, model, scale,
    array(select value::float8 from json_array_elements_text(centre) with ordinality as c (value, week) order by week),
    array(select value::float8 from json_array_elements_text(spread) with ordinality as s (value, week) order by week),
    last, step
from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::json[], $6::json[], $7::float8[], $8::float8[])
    as made (series, origin, model, scale, centre, spread, last, step)
on conflict (series, origin) do nothing

-- name: save_forecasts
-- Unique by series and cut: a second one is an error, for a published forecast is never rewritten.
insert into forecast (forecast_id, series, cut, model, unit, points, backtest, supersedes, recorded_at)
select *, $9::timestamptz
from unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::uuid[])

-- name: load_histories
-- Purchase days before the cut and before the earlier day, of at most about $3 parties, the same ones every time.
with size as (
    select greatest(ceil(count(distinct party_id) / $3::float8), 1)::bigint as buckets from purchase_day where day < $1
)
select min(day) as first, max(day) as last, count(distinct day)::int as days,
    max(day) filter (where day < $2) as last_before, (count(distinct day) filter (where day < $2))::int as days_before
from purchase_day, size
where day < $1 and (buckets = 1 or mod(hashtextextended(party_id::text, 0), buckets) = 0)
group by party_id

-- name: save_model
insert into model (name, cut, parameters, quality, recorded_at) values ($1, $2, $3, $4, $5)
on conflict (name, cut) do nothing

-- name: latest_model
select name, cut, parameters from model where name = $1 order by cut desc limit 1

-- name: load_page
-- The next parties by id with their purchase days before the cut; none yet: nulls.
select party_id, min(day) filter (where day < $2) as first, max(day) filter (where day < $2) as last,
    (count(distinct day) filter (where day < $2))::int as days
from purchase_day where party_id > $1
group by party_id order by party_id limit $3

-- name: load_history
select min(day) as first, max(day) as last, count(distinct day)::int as days
from purchase_day where party_id = $1 and day <= $2 having count(*) > 0

-- name: load_scores
-- Locked in order: what is published next depends on them.
select party_id, score, value, band, as_of from score where party_id = any($1::uuid[]) order by party_id, score for update

-- name: save_scores
insert into score (party_id, score, value, band, as_of)
select * from unnest($1::uuid[], $2::text[], $3::float8[], $4::text[], $5::date[])
on conflict (party_id, score) do update set value = excluded.value, band = excluded.band, as_of = excluded.as_of

-- name: lock_job
select after, scored from job where cut = $1 for update

-- name: advance_job
update job set after = coalesce($2, after), scored = $3 where cut = $1

-- What is read over HTTP.

-- name: list_series
select id, department, currency, unit, first_week from series where id > $1 order by id limit $2

-- name: find_series
select id, department, currency, unit, first_week from series where id = any($1::text[]) order by id

-- name: list_forecasts
-- By series, newest first; $3: every one, not only the one in force.
select forecast_id, series, cut, model, unit, points, backtest, supersedes, recorded_at
from forecast
where ($1::text is null or series = $1)
    and ($3 or not exists (select from forecast as newer where newer.series = forecast.series and newer.cut > forecast.cut))
    and (series > $4 or (series = $4 and cut < $5))
order by series, cut desc limit $2

-- name: list_models
select name, cut, parameters, quality, recorded_at from model
where ($1::text is null or name = $1) and (cut, name) < ($2, $3)
order by cut desc, name desc limit $4

-- name: sum_sales
-- Totals by product, category, channel, day or week, after the position ($8, $9).
select key, currency, lines, units, revenue, returned, refunded from (
    select
        case $1
            when 'product' then sku
            when 'category' then coalesce(product.category[1], '(none)')
            when 'channel' then channel
            when 'day' then day::text
            else date_trunc('week', day)::date::text
        end collate "C" as key,
        currency, sum(sales)::bigint as lines, sum(units)::bigint as units, sum(revenue)::bigint as revenue,
        sum(returned)::bigint as returned, sum(refunded)::bigint as refunded
    from product_day left join product using (sku)
    where day >= $2 and day < $3
        and ($4::text is null or sku = $4)
        and ($5::text is null or coalesce(product.category[1], '(none)') = $5)
        and ($6::text is null or channel = $6)
        and ($7::text is null or currency = $7)
    group by 1, 2
) as total
where (key, currency) > ($8, $9)
order by key, currency limit $10

-- name: sum_baskets
-- Whole sales by channel, day or week.
select
    case $1 when 'channel' then channel when 'day' then day::text else date_trunc('week', day)::date::text end as key,
    currency, sum(sales)::bigint as sales, sum(revenue)::bigint as total
from channel_day
where day >= $2 and day < $3 and ($4::text is null or channel = $4)
group by 1, 2

-- name: list_messages
select day, campaign, outcome, sum(messages)::bigint as messages from campaign_day
where day >= $1 and day < $2 and (day, campaign, outcome) > ($3, $4, $5)
group by day, campaign, outcome order by day, campaign, outcome limit $6

-- name: list_tickets
select day, channel, sum(opened)::bigint as opened from ticket_day
where day >= $1 and day < $2 and (day, channel) > ($3, $4)
group by day, channel order by day, channel limit $5
