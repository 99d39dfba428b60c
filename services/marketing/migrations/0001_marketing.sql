-- What marketing keeps: definitions, its copy of what others say, and every follow-up from its sale to its end.

-- Every version of every definition, with its texts: a message is decided and written by the version it was planned with.
create table campaign (
    name text not null,
    version integer not null,
    follow_up boolean not null,
    priority integer not null,
    definition_hash text not null,
    definition json not null,                 -- json, not jsonb: its text is parsed once a process and cached by its text
    longest_wait interval not null,           -- from the trigger to when its last step is due
    published_at timestamptz not null,
    stopped_at timestamptz,                   -- null: in force
    primary key (name, version)
);

-- The newest description of each product, to choose campaigns and contents by.
create table product (
    sku text primary key,
    name text not null,
    category text[] not null                  -- from the department down
);

-- Marketing's copy of crm.parties: the address, and whether the party was erased.
create table party (
    id uuid primary key,
    version integer not null,
    name text,
    email text,
    locale text,
    merged_into uuid,
    erased_by uuid                            -- the event that erased it; null: it was not
);

-- Every consent given or withdrawn; which one holds is decided when a message is due.
create table consent (
    event_id uuid primary key,
    party_id uuid not null,
    purpose text not null,
    topic text,                               -- null: all topics
    channel text not null,
    given boolean not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null
);
create index consent_by_party on consent (party_id);

-- Every refund, kept by its sale, which may come later.
create table refund (
    event_id uuid primary key,
    origin text not null,
    sale_id text not null,
    minor bigint not null,
    currency text not null,
    occurred_at timestamptz not null
);
create index refund_by_sale on refund (origin, sale_id);

-- When tickets were open, for campaigns that keep silent meanwhile.
create table ticket_change (
    event_id uuid primary key,
    ticket_id uuid not null,
    party_id uuid not null,
    open boolean not null,
    occurred_at timestamptz not null
);
create index ticket_change_by_party on ticket_change (party_id);

-- Every sale that was read, whatever came of it: the audit starts here.
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
    correlation_id text not null
);
create index sale_by_party on sale (party_id, occurred_at);

-- Once per (trigger, campaign).
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
create table message_default partition of message default with (fillfactor = 70);

-- What is cleared to be sent, until it is settled. `begun_at` is committed before the first byte leaves.
create table dispatch (
    message_id uuid primary key,
    triggered_at timestamptz not null,
    trigger_event_id uuid not null,
    party_id uuid not null,
    consent_event_id uuid,
    content text not null,
    decided_at timestamptz not null,          -- domain time
    number smallint not null default 0,       -- attempts begun
    next_at timestamptz not null default now(), -- wall time
    owner uuid,                               -- whose attempt it is: an instance that holds the advisory lock of this id
    via text,                                 -- how this attempt goes: smtp or maildir
    begun_at timestamptz                      -- wall time; null: nobody is sending it
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
create index dispatch_ready on dispatch (next_at) where owner is null;
create index dispatch_begun on dispatch (owner) where owner is not null;

-- A month of messages gets its own table before the first message comes; one that is late stays in the default table.
-- The service may call this, and no other DDL. `lock_timeout` keeps a busy table from holding everything up.
create function open_message_month(month date) returns boolean
language plpgsql security definer set search_path from current set lock_timeout = '1s'
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

-- Every sale in exactly one of the six states, from rows that were written apart: the sales read, the enrolments, the
-- messages, the timers and the dispatches. A waiting message that nothing will ever wake is missing, too.
-- Two hash joins and one pass, no index, so a million sales take seconds. The bounds are of occurred_at, null: open.
create function follow_up_audit(since timestamptz, until timestamptz)
returns table (
    trigger_event_id uuid, party_id uuid, origin text, sale_id text, occurred_at timestamptz,
    enrolments bigint, messages bigint, sent bigint, outcome text, reason text
)
language sql stable
as $$
    select s.trigger_event_id, s.party_id, s.origin, s.sale_id, s.occurred_at,
        coalesce(e.enrolments, 0), coalesce(m.messages, 0), coalesce(m.sent, 0),
        case
            when e.enrolments > 1 or m.sent > 1 or m.messages > 1 then 'double'
            when m.messages is null or m.campaigns <> coalesce(e.enrolments, 0) or m.lost then 'missing'
            when m.outcome is null then 'waiting'
            when m.outcome = 'sent' then 'one'
            else m.outcome
        end,
        case when m.outcome = 'skipped' then m.reason end
    from sale s
    left join (
        select e.trigger_event_id, count(*) as enrolments from enrolment e where e.follow_up group by e.trigger_event_id
    ) e on e.trigger_event_id = s.trigger_event_id
    left join (
        select m.trigger_event_id, count(*) as messages, count(m.campaign) as campaigns,
            count(*) filter (where m.outcome = 'sent') as sent,
            bool_or(m.outcome is null and t.id is null and d.message_id is null) as lost,
            min(m.outcome) as outcome, min(m.reason) as reason
        from message m
        left join timer t on t.name = 'messages' and t.id = m.id and m.outcome is null
        left join dispatch d on d.message_id = m.id and m.outcome is null
        where ((m.follow_up and m.step = 1) or m.campaign is null)
            and m.triggered_at >= coalesce(since, '-infinity'::timestamptz)
            and m.triggered_at < coalesce(until, 'infinity'::timestamptz)
        group by m.trigger_event_id
    ) m on m.trigger_event_id = s.trigger_event_id
    where s.occurred_at >= coalesce(since, '-infinity'::timestamptz)
        and s.occurred_at < coalesce(until, 'infinity'::timestamptz)
$$;
