-- name: load_origins
-- From which origins within [$2, $3] there are outlooks of the series $1.
select series, array_agg(origin) as origins
from outlook
where series = any($1::text[]) and origin >= $2 and origin <= $3
group by series;

-- name: load_outlooks
-- Those made from origins within [$2, $3], oldest first.
select series, origin, model, scale, centre, spread, candidates, step
from outlook
where series = any($1::text[]) and origin >= $2 and origin <= $3
order by series, origin;

-- name: save_outlooks
-- As they were made, which stays; what they say together, and the model, come with the forecast.
insert into outlook (series, origin, model, scale, centre, spread, candidates, step)
select
    series, origin, '', scale, '{}',
    array(select value::float8 from json_array_elements_text(spread) with ordinality as s (value, week) order by week),
    candidates, step
from unnest($1::text[], $2::date[], $3::text[], $4::json[], $5::jsonb[], $6::float8[])
    as made (series, origin, scale, spread, candidates, step)
on conflict (series, origin) do nothing;

-- name: say_outlooks
-- What was said once stays as it was said.
update outlook
set model = said.model, centre = said.centre
from (
    select
        series, origin, model,
        array(select value::float8 from json_array_elements_text(centre) with ordinality as c (value, week) order by week)
            as centre
    from unnest($1::text[], $2::date[], $3::text[], $4::json[]) as told (series, origin, model, centre)
) as said
where outlook.series = said.series and outlook.origin = said.origin and outlook.model = '';

-- name: find_newest_forecasts
-- Of each series the forecast that was in force before the one of the cut $2.
select distinct on (series) series, forecast_id
from forecast
where series = any($1::text[]) and cut < $2
order by series, cut desc;

-- name: find_told
-- Of which series there is a forecast of the cut $2.
select series from forecast where series = any($1::text[]) and cut = $2;

-- name: save_forecasts
-- The ids of those that are new: a published forecast is never rewritten, and one that stands is not told again.
insert into forecast (forecast_id, series, cut, model, unit, points, backtest, supersedes, indicator, recorded_at)
select *, $10::timestamptz
from unnest($1::uuid[], $2::text[], $3::date[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[], $8::uuid[], $9::jsonb[])
on conflict (series, cut) do nothing
returning forecast_id;

-- name: measure_forecasts
-- The mean backtest of the forecasts of the cut $2 by model, and of how many; of a series without one nothing is known.
select
    model,
    count(*)::int as series,
    avg((backtest ->> 'mase')::float8) as mase,
    avg((backtest ->> 'smape')::float8) as smape,
    avg((backtest ->> 'coverage80')::float8) as coverage80,
    avg((backtest ->> 'coverage95')::float8) as coverage95,
    avg((backtest ->> 'baseline_mase')::float8) as baseline_mase
from forecast
where series = any($1::text[]) and cut = $2 and jsonb_typeof(backtest) = 'object'
group by model;

-- name: load_said
-- Of each of the $4 series after $3 the oldest forecast within [$1, $2): of that one the most weeks are over.
select distinct on (series) series, cut, model, points
from forecast
where cut >= $1 and cut < $2 and series > $3
order by series, cut
limit $4;

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
