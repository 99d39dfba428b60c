-- name: add_trends
-- Only those that were not told yet, of which none of the series is open: of two instances one tells them.
insert into trend (trend_id, kind, series, sku, since, change, chance, as_of, evidence, model, detected_at)
select *, $10::text, $11::timestamptz
from unnest(
    $1::uuid[], $2::text[], $3::text[], $4::text[], $5::date[], $6::float8[], $7::float8[], $8::date[], $9::jsonb[]
)
on conflict do nothing
returning trend_id;

-- name: clear_trends
-- Only those that are open still.
update trend
set state = 'cleared', because = cleared.because, cleared_at = $3
from unnest($1::uuid[], $2::text[]) as cleared (trend_id, because)
where trend.trend_id = cleared.trend_id and trend.state = 'open'
returning trend.trend_id;

-- name: load_open
-- All that are open.
select trend_id, kind, series, sku, since, change, chance, as_of, evidence from trend where state = 'open' order by trend_id;

-- name: load_lately
-- Of each series, anomalies apart, the one that began last, from $1 on.
select distinct on (series, kind = 'anomaly') trend_id, kind, series, sku, since, change, chance, as_of, evidence
from trend
where since >= $1
order by series asc, kind = 'anomaly' asc, since desc, as_of desc, trend_id asc;

-- name: list_trends
-- The newest first, after the position ($3, $4); of the kind $5 and the series $6, where they are said.
select
    trend_id, kind, series, sku, since, change, chance, as_of, model, evidence, state, detected_at, cleared_at, because
from trend
where
    state = $1 and as_of <= $3 and (as_of < $3 or trend_id > $4)
    and ($5::text is null or kind = $5) and ($6::text is null or series = $6)
order by as_of desc, trend_id
limit $2;
