-- name: load_outlooks
-- Those made from origins within [$2, $3), oldest first.
select series, origin, model, scale, centre, spread, candidates, step
from outlook
where series = any($1::text[]) and origin >= $2 and origin < $3
order by series, origin;

-- name: save_outlooks
-- An outlook once made is kept as it was.
insert into outlook (series, origin, model, scale, centre, spread, candidates, step)
select
    series, origin, model, scale,
    array(select value::float8 from json_array_elements_text(centre) with ordinality as c (value, week) order by week),
    array(select value::float8 from json_array_elements_text(spread) with ordinality as s (value, week) order by week),
    candidates, step
from unnest($1::text[], $2::date[], $3::text[], $4::text[], $5::json[], $6::json[], $7::jsonb[], $8::float8[])
    as made (series, origin, model, scale, centre, spread, candidates, step)
on conflict (series, origin) do nothing;

-- name: find_newest_forecasts
-- The forecast in force of each series.
select distinct on (series) series, forecast_id from forecast where series = any($1::text[]) order by series, cut desc;

-- name: save_forecasts
-- Unique by series and cut: a second one is an error, for a published forecast is never rewritten.
insert into forecast (forecast_id, series, cut, model, unit, points, backtest, supersedes, indicator, recorded_at)
select *, $10::timestamptz
from unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::uuid[], $9::jsonb[]);

-- name: load_said
-- Of each series the oldest forecast within [$1, $2): of that one the most weeks are over.
select distinct on (series) series, cut, model, points
from forecast
where cut >= $1 and cut < $2
order by series, cut;

-- name: list_forecasts
-- By series, newest first, after the position ($4, $5); $3: every one, not only the one in force.
select forecast_id, series, cut, model, unit, points, backtest, supersedes, indicator, recorded_at
from forecast
where
    ($1::text is null or series = $1)
    and (
        $3
        or not exists (
            select from forecast as newer where newer.series = forecast.series and newer.cut > forecast.cut
        )
    )
    and (series > $4 or (series = $4 and cut < $5))
order by series, cut desc
limit $2;
