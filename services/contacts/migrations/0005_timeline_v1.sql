-- The projection contacts.timeline, version 1: all of it can be built again from the topics.

create schema timeline_v1;

-- A line for every event about a party, from every service. No personal data: `summary` is what the event says.
create table timeline_v1.line (
    party_id uuid not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    event_id text not null,
    type text not null,
    source text not null,
    summary jsonb not null,
    primary key (party_id, occurred_at, recorded_at, event_id)
) partition by range (recorded_at);

create table timeline_v1.line_other partition of timeline_v1.line default;

-- A month of lines gets its own table before its first line comes; one that is late stays in line_other. The service may
-- call this, and no other DDL. Temporary objects come last in its path, or they would be run as the owner.
-- `lock_timeout` keeps a busy table from holding everything up.
create function open_line_month(month date) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '1s'
as $$
declare
    first_day constant date := date_trunc('month', month)::date;
    next_month constant date := (first_day + interval '1 month')::date;
    month_table constant text := 'line_' || to_char(first_day, 'YYYY_MM');
begin
    if to_regclass('timeline_v1.' || month_table) is not null then
        return false;
    end if;
    if exists (select from timeline_v1.line_other where recorded_at >= first_day and recorded_at < next_month) then
        return false;
    end if;
    execute format(
        'create table timeline_v1.%I partition of timeline_v1.line for values from (%L) to (%L)',
        month_table, first_day::text || 'T00:00:00Z', next_month::text || 'T00:00:00Z'
    );
    return true;
end
$$;

-- Net of refunds: what was paid minus what was paid back, in minor units.
create table timeline_v1.total (
    party_id uuid not null,
    currency text not null,
    sales integer not null,
    paid numeric not null,                    -- wider than any one amount
    refunds integer not null,
    refunded numeric not null,
    first_sale_at timestamptz,
    last_sale_at timestamptz,
    primary key (party_id, currency)
) with (fillfactor = 85);

-- Where each message to a party stands.
create table timeline_v1.message (
    party_id uuid not null,
    message_id uuid not null,
    campaign text not null,
    step integer not null,
    channel text not null,
    state text not null,
    reason text,
    due_at timestamptz not null,
    changed_at timestamptz not null,
    trigger_event_id text not null,
    primary key (party_id, message_id)
) with (fillfactor = 85);

-- Where each ticket of a party stands.
create table timeline_v1.ticket (
    party_id uuid not null,
    ticket_id uuid not null,
    number bigint,
    channel text,
    sku text,
    sale_id text,
    status text not null,
    opened_at timestamptz,
    changed_at timestamptz not null,
    primary key (party_id, ticket_id)
) with (fillfactor = 85);

-- What HTTP reads: the version in force. Handlers have its schema before this one in their search path.
create view line as select * from timeline_v1.line;
create view total as select * from timeline_v1.total;
create view message as select * from timeline_v1.message;
create view ticket as select * from timeline_v1.ticket;
