-- name: save_observations
-- Within a key the log's order decides: what is said last of a moment holds.
insert into indicator (series, at, value, unit)
select * from unnest($1::text[], $2::timestamptz[], $3::float8[], $4::text[])
on conflict (series, at) do update set value = excluded.value, unit = excluded.unit
where (indicator.value, indicator.unit) is distinct from (excluded.value, excluded.unit);

-- name: list_indicators
-- Of each series after $1 the newest value: one step of the index a series, however many values each has.
with recursive named (series, at, value, unit, place) as (
    (
        select series, at, value, unit, 1 from indicator where series > $1::text order by series asc, at desc limit 1
    )
    union all
    select following.series, following.at, following.value, following.unit, named.place + 1
    from named
    cross join lateral (
        select series, at, value, unit
        from indicator
        where indicator.series > named.series
        order by series asc, at desc
        limit 1
    ) as following
    where named.place < $2::bigint
)
select series, at, value, unit from named order by series;

-- name: is_known
-- A row where anything was said of the series.
select 1 as known from indicator where series = $1 order by at limit 1;

-- name: list_points
-- Of the UTC days [$2, $3), after the moment $4 where one is said; oldest first.
select at, value, unit
from indicator
where
    series = $1
    and at >= $2::date::timestamp at time zone 'UTC' and at < $3::date::timestamp at time zone 'UTC'
    and ($4::timestamptz is null or at > $4)
order by at
limit $5;

-- name: load_weekly
-- Of the $3 series with most weeks within [$1, $2), the last value of each week from Monday on.
with said as (
    select distinct on (series, week)
        series,
        date_trunc('week', at at time zone 'UTC')::date as week,
        value
    from indicator
    where at >= $1::date::timestamp at time zone 'UTC' and at < $2::date::timestamp at time zone 'UTC'
    order by series asc, week asc, at desc
)
select
    series,
    array_agg(week order by week) as weeks,
    array_agg(value order by week) as values
from said
group by series
order by count(*) desc, series asc
limit $3;
