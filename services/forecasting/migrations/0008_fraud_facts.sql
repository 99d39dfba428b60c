-- Frauds: what sales and refunds have in common, and what was thought and judged of them.
create table fraud_fact (                    -- a sale or refund, with HMACs of what it was ordered on, paid with, sent to
    event_id uuid primary key,
    kind text collate "C" not null,          -- sale, refund
    party_id uuid not null,
    at timestamptz not null,
    origin text collate "C" not null,
    sale_id text collate "C" not null,
    currency text collate "C" not null,
    amount numeric not null,
    device text collate "C",                 -- of a refund those of its sale
    card text collate "C",
    address text collate "C",
    coupon text collate "C",
    verdict text                             -- what a person said: fraud, genuine
);
create index fraud_fact_by_party on fraud_fact (party_id, at);
create index fraud_fact_by_device on fraud_fact (device, at) where device is not null;
create index fraud_fact_by_card on fraud_fact (card, at) where card is not null;
create index fraud_fact_by_address on fraud_fact (address, at) where address is not null;
create index fraud_fact_by_sale on fraud_fact (origin, sale_id) where kind = 'sale';

create table fraud_party (                   -- when a party's e-mail, phone or address changed, and whether it was erased
    party_id uuid primary key,
    changed_at timestamptz,
    erased boolean not null default false
);

create table fraud (                         -- an assessment as it was told; only the verdict comes later
    assessment_id uuid primary key,
    event_id uuid not null,
    kind text collate "C" not null,
    party_id uuid not null,
    origin text collate "C" not null,
    sale_id text collate "C" not null,
    points smallint not null,
    band text collate "C" not null,
    reasons jsonb not null,
    rules text not null,                     -- the version that gave the points
    shadow jsonb,                            -- what rules in shadow would have said
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    verdict text collate "C",
    judged_by text,
    judged_at timestamptz,
    version integer not null default 1
);
create table fraud_verdict (                 -- the last of each, which after a restore comes before what it is about
    assessment_id uuid primary key,
    event_id uuid not null,
    verdict text not null,
    judged_by text not null,
    judged_at timestamptz not null,
    version integer not null
);
create index fraud_verdict_by_event on fraud_verdict (event_id);

create index fraud_open on fraud (points desc, assessment_id) where verdict is null;
create index fraud_by_party on fraud (party_id);
create index fraud_judged on fraud (points desc, assessment_id) where verdict is not null;
