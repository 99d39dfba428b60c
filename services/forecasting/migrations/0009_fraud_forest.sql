-- Frauds: what is usual among sales and refunds, and which of it an assessment was made with.
create table fraud_forest (                  -- an isolation forest, never changed; the newest cut is asked
    cut date primary key,
    forest jsonb not null,
    recorded_at timestamptz not null
);

alter table fraud add column forest text;    -- the version that gave points for being unlike others, if any was asked
