-- What products should cost, and when they are to be ordered again.
alter table sales_v1.sold_day add column discounted bigint not null default 0;  -- units of lines with a discount

alter table sales_v1.product
add column price bigint,
add column price_currency text collate "C",
add column cost bigint,
add column cost_currency text collate "C",
add column stock integer,
add column lead_time_days integer,
add column described_on date;                -- the stock is that of this day

create table price (                         -- of a product, as it was told last; what was never told may be made anew
    sku text collate "C" primary key,
    suggestion_id uuid,                      -- none: nothing was told of the product
    cut date not null,
    currency text collate "C",
    price bigint,
    suggested bigint,
    floor bigint,
    elasticity float8,
    elasticity_low float8,
    elasticity_high float8,
    gain float8,
    gain_low float8,
    gain_high float8,
    none_because text collate "C",
    contributions jsonb not null,
    model text not null,
    supersedes uuid,
    recorded_at timestamptz not null
);
create index price_by_gain on price (coalesce(gain, 0) desc, sku);

create table reorder (                       -- of a product, as it was told last; what was never told may be made anew
    sku text collate "C" primary key,
    suggestion_id uuid,                      -- none: nothing was told of the product
    cut date not null,
    reorder_point bigint,
    quantity bigint,
    stock bigint,
    days integer,
    service_level float8,
    demand float8,
    demand_low float8,
    demand_high float8,
    stock_out_risk float8,
    none_because text collate "C",
    contributions jsonb not null,
    model text not null,
    supersedes uuid,
    recorded_at timestamptz not null
);
create index reorder_by_risk on reorder (coalesce(stock_out_risk, 0) desc, sku);
