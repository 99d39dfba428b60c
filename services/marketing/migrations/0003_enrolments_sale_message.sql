-- Every sale that was read, whatever came of it: the audit starts here. (`origin`, `sale_id`) names it, however many
-- events tell it; the first one that was read is its trigger.
create table sale (
    trigger_event_id uuid primary key,
    party_id uuid not null,
    party_version integer not null,
    partition smallint not null,
    origin text not null,
    sale_id text not null,
    channel text not null,
    minor bigint not null,
    currency text not null,
    skus text[] not null,                     -- the dearest line first
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    correlation_id text not null,
    traceparent text,                         -- the trace that the messages which come of it continue; null: it had none
    email_id text                             -- the identity of the address that it named; null: it named none
);
create unique index sale_by_name on sale (origin, sale_id);
create index sale_by_party on sale (party_id, occurred_at);

-- Events that told a sale once more, under another id: nothing follows from them, and the audit would see it if it did.
create table repeated_sale (
    trigger_event_id uuid primary key,
    first_trigger_event_id uuid not null,     -- the event by which the sale was read
    party_id uuid not null,
    recorded_at timestamptz not null
);
create index repeated_sale_by_first on repeated_sale (first_trigger_event_id);

-- Once per (trigger, campaign), and so once per (origin, sale_id, campaign): a sale has one trigger.
create table enrolment (
    trigger_event_id uuid not null,
    campaign text not null,
    id uuid not null,                         -- uuid5 of the two before
    version integer not null,
    party_id uuid not null,
    follow_up boolean not null,
    started_at timestamptz not null,
    primary key (trigger_event_id, campaign)
);

-- Every message, planned or ended, with what decided it; by the month of its trigger. One without a campaign stands for
-- a sale that no follow-up campaign matched.
create table message (
    id uuid not null,                         -- uuid5 of enrolment, step and channel
    triggered_at timestamptz not null,        -- the occurred_at of the trigger
    trigger_event_id uuid not null,
    party_id uuid not null,
    enrolment_id uuid,                        -- null, and so the campaign: no follow-up campaign matched
    campaign text,
    campaign_version integer,
    follow_up boolean not null,
    step smallint,
    channel text,
    due_at timestamptz,
    planned_at timestamptz not null,
    outcome text check (outcome in ('sent', 'skipped', 'unknown')),
    reason text,                              -- of a skip
    ended_at timestamptz,
    consent_event_id uuid,
    deciding_event_ids uuid[] not null default '{}',
    content text,
    primary key (id, triggered_at)
) partition by range (triggered_at);
create index message_by_party on message (party_id, triggered_at);
create index message_by_trigger on message (trigger_event_id);
create table message_default partition of message default with (fillfactor = 70);

-- A month of messages gets its own table before the first message comes; one that is late stays in the default table.
-- The service may call this, and no other DDL; temporary objects come last in its path, or they would be run as the
-- owner. `lock_timeout` keeps a busy table from holding everything up.
create function open_message_month(month date) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s'
as $$
declare
    first_day constant date := date_trunc('month', month)::date;
    next_month constant date := (first_day + interval '1 month')::date;
    month_table constant text := 'message_' || to_char(first_day, 'YYYYMM');
begin
    if to_regclass(month_table) is not null then
        return false;
    end if;
    if exists (select from message_default where triggered_at >= first_day and triggered_at < next_month) then
        return false;
    end if;
    execute format(
        'create table %I partition of message for values from (%L) to (%L) with (fillfactor = 70)',
        month_table, first_day::text || 'T00:00:00Z', next_month::text || 'T00:00:00Z'
    );
    return true;
end
$$;
