-- Every sale between two triggers, both included, in exactly one of the six states, from rows that were written apart:
-- the sales read, the enrolments, the messages, the timers and the dispatches. A sale is one by (origin, sale_id): what
-- came of other events that told it (repeated_sale) counts with it. A waiting message that nothing will ever
-- wake is missing, too. The time bounds are of occurred_at, null: open.
-- Each table is read once, by index, and nothing is joined but the few repeated sales: a join of three aggregates is
-- quadratic where the planner
-- has no statistics yet, and spills to disk where it has. `count` passes over nulls.
-- Timers are asked for one by one, which `not exists` would not promise: it may read them all for each window.
create function follow_up_audit(first uuid, last uuid, since timestamptz, until timestamptz)
returns table (
    trigger_event_id uuid, enrolments bigint, messages bigint, sent bigint, outcome text, reason text
)
language sql stable
as $$
    select trigger_event_id, enrolments, messages, sent,
        case
            when enrolments > 1 or sent > 1 or messages > 1 then 'double'
            when messages = 0 or campaigns <> enrolments or lost > 0 then 'missing'
            when sent = 1 then 'one'
            else coalesce(outcome, 'waiting')
        end,
        case when outcome = 'skipped' then reason end
    from (
        select trigger_event_id, count(sale) as sales, count(enrolment) as enrolments, count(message) as messages,
            count(campaign) as campaigns, count(sent) as sent, count(lost) as lost,
            min(outcome) as outcome, min(reason) as reason
        from (
            select trigger_event_id, 1 as sale, null::int as enrolment, null::int as message, null::text as campaign,
                null::int as sent, null::int as lost, null::text as outcome, null::text as reason
            from sale
            where trigger_event_id between first and last
                and (since is null or occurred_at >= since) and (until is null or occurred_at < until)
            union all
            select trigger_event_id, null, 1, null, null, null, null, null, null
            from enrolment
            where follow_up and trigger_event_id between first and last
            union all
            select trigger_event_id, null, null, 1, campaign,
                case when outcome = 'sent' then 1 end,
                case
                    when outcome is null
                        and (select t.id from timer t where t.name = 'messages' and t.id = m.id) is null
                        and (select d.message_id from dispatch d where d.message_id = m.id) is null
                    then 1
                end,
                outcome, reason
            from message m
            where ((follow_up and step = 1) or campaign is null) and trigger_event_id between first and last
            union all
            select r.first_trigger_event_id, null, 1, null, null, null, null, null, null
            from repeated_sale r, enrolment e
            where e.trigger_event_id = r.trigger_event_id and e.follow_up
                and r.first_trigger_event_id between first and last
            union all
            select r.first_trigger_event_id, null, null, 1, m.campaign, case when m.outcome = 'sent' then 1 end, null,
                m.outcome, m.reason
            from repeated_sale r, message m
            where m.trigger_event_id = r.trigger_event_id and ((m.follow_up and m.step = 1) or m.campaign is null)
                and r.first_trigger_event_id between first and last
        ) as fact
        group by trigger_event_id
    ) as found
    where sales > 0
$$;

-- All sales at once: for people.
create function follow_up_audit(since timestamptz, until timestamptz)
returns table (
    trigger_event_id uuid, party_id uuid, origin text, sale_id text, occurred_at timestamptz,
    enrolments bigint, messages bigint, sent bigint, outcome text, reason text
)
language sql stable
as $$
    select s.trigger_event_id, s.party_id, s.origin, s.sale_id, s.occurred_at,
        a.enrolments, a.messages, a.sent, a.outcome, a.reason
    from follow_up_audit('00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', since, until) a
    join sale s on s.trigger_event_id = a.trigger_event_id
$$;
