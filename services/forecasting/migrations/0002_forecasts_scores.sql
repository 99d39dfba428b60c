-- What forecasting decides and publishes: the record itself, never rebuilt.

create table series (                        -- what is forecast
    id text collate "C" primary key,
    department text not null,
    currency text not null,
    unit text not null,
    first_week date not null                 -- the first whole week
);

create table outlook (                       -- what the model said of a series before calibration; backtests are made of them
    series text collate "C" not null references series,
    origin date not null,
    model text not null,
    scale text not null,                     -- log: of 1 + value; linear
    centre float8[] not null,                -- a week each
    spread float8[] not null,
    last float8 not null,                    -- the last week before the origin
    step float8 not null,                    -- the mean change from week to week before the origin
    primary key (series, origin)
);

create table forecast (                      -- as published; never rewritten
    forecast_id uuid primary key,
    series text collate "C" not null references series,
    cut date not null,
    model text not null,
    unit text not null,
    points jsonb not null,
    backtest jsonb,
    supersedes uuid,
    recorded_at timestamptz not null,
    unique (series, cut)
);

create table job (                           -- a cut whose forecasts and models stand; after: the last party scored
    cut date primary key,
    after uuid,
    scored boolean not null default false,
    recorded_at timestamptz not null
);

create table set_aside (                     -- what was left out of a cut, and why; the others of the cut stand
    cut date not null references job,
    name text collate "C" not null,          -- a series, or the scores
    reason text not null,
    recorded_at timestamptz not null,
    primary key (cut, name)
);

create table model (                         -- what was fitted at a cut, with its measured quality
    name text not null,
    cut date not null,                       -- trained on what happened before
    parameters jsonb not null,
    quality jsonb not null,
    recorded_at timestamptz not null,
    primary key (name, cut)
);

create table score (                         -- as last published
    party_id uuid not null,
    score text collate "C" not null,
    value float8 not null,
    band text not null,
    as_of date not null,
    primary key (party_id, score)
);
