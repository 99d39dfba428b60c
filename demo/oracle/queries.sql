-- What stands in the services' databases, named by natural ids, to be compared with the ledger. It writes nothing.

-- name: load_stages
-- Contacts: when each customer of the shop entered each stage.
select value as customer, stage, entered_at
from identity join lifecycle_stage on lifecycle_stage.party_id = identity.party_id
where type = 'external' and system = 'shop';

-- name: load_clock
-- Contacts: the last tick that it passed on; on the wall clock there is none.
select coalesce(max(passed), now()) as now from clock where group_id = 'contacts.ingest';

-- name: count_parties
-- Contacts: there is a party for each customer, and no other, and no fact named two of them.
select
    (select count(*) from party) as parties,
    (select count(*) from duplicate where reason <> 'likeness') as duplicates;

-- name: load_likenesses
-- Contacts: who may be one because of what is known of them, by the shop's numbers; null for whom the shop does not know.
select low.value as low, high.value as high
from duplicate
left join identity as low on low.party_id = low_id and low.type = 'external' and low.system = 'shop'
left join identity as high on high.party_id = high_id and high.type = 'external' and high.system = 'shop'
where reason = 'likeness';

-- name: load_merges
-- Contacts: who goes on as whom, and whether it was taken back.
select into_party.value as into_customer, merged.value as merged_customer, undone_at is not null as undone
from party_merge
left join identity as into_party
    on into_party.party_id = into_party_id and into_party.type = 'external' and into_party.system = 'shop'
left join identity as merged
    on merged.party_id = merged_party_id and merged.type = 'external' and merged.system = 'shop';

-- name: load_profiles
-- Contacts: the description in force.
select
    shop.value as customer, name, address ->> 'postal_code' as postal_code, time_zone, birth_date,
    (select value from identity where party_id = party.id and type = 'email') as email,
    (select value from identity where party_id = party.id and type = 'phone') as phone
from identity as shop join party on party.id = shop.party_id
where shop.type = 'external' and shop.system = 'shop';

-- name: load_totals
-- Contacts: the sums of the 360 view.
select value as customer, currency, sales, paid, refunds, refunded
from total join identity using (party_id)
where type = 'external' and system = 'shop';

-- name: load_lines
-- Contacts: every line of every timeline.
select value as customer, line.type, occurred_at, event_id, summary::text as summary
from line join identity using (party_id)
where identity.type = 'external' and system = 'shop';

-- name: load_consents
-- Contacts: the consents in force.
select value as customer, purpose, topic, channel, given, occurred_at
from consent join identity using (party_id)
where type = 'external' and system = 'shop';

-- name: load_ticket_cards
-- Contacts: the tickets as the histories show them.
select value as customer, opened_at, sale_id, sku, channel, status
from ticket join identity using (party_id)
where type = 'external' and system = 'shop';

-- name: load_message_cards
-- Contacts: the messages as the histories show them.
select sale.origin, sale.sale_id, message.campaign, message.step, message.due_at, message.state, message.reason
from message join sale on sale.event_id::text = message.trigger_event_id;

-- name: load_messages
-- Marketing: every message and how it ended.
select
    sale.origin, sale.sale_id, coalesce(message.campaign, '') as campaign, coalesce(message.step, 0) as step,
    message.due_at, coalesce(message.reason, message.outcome, 'waiting') as outcome
from message join sale using (trigger_event_id);

-- name: load_tickets
-- Support: every ticket.
select party_id, opened_at, sale_id, sku, channel, origin from ticket;

-- name: load_told
-- Support: what was told of clocks, each outcome of each once.
select ticket.party_id, 'crm.sla.' || sla_told.told || '.v1' as type, sla_told.metric, sla_told.cycle
from sla_told join ticket on ticket.id = sla_told.ticket_id;

-- name: load_handings
-- Support: who was given which ticket, and when.
select
    ticket.party_id, ticket.sale_id, assignment_step.agent_id, assignment_step.how, assignment_step.changed_at,
    assignment.skills, assignment.queue
from assignment_step
join ticket on ticket.id = assignment_step.ticket_id
join assignment on assignment.ticket_id = assignment_step.ticket_id
order by assignment_step.number;

-- name: load_promises
-- Support: what is promised of each ticket, and what was told of the first answer and of the solution.
select
    ticket.sale_id, sla_promise.priority_now as priority,
    array(
        select metric || ' ' || told from sla_told
        where sla_told.ticket_id = sla_promise.ticket_id and cycle = 1
        order by metric, told
    ) as told
from sla_promise join ticket on ticket.id = sla_promise.ticket_id;

-- name: load_ratings
-- Support: what customers said of how they were helped.
select ticket.sale_id, csat.value, csat.agent from csat join ticket on ticket.id = csat.ticket_id;

-- name: load_clocks
-- Support: whether a deadline has passed on the clock of every partition without anybody being told.
select
    ticket.party_id, ticket.opened_at, ticket.sale_id, ticket.sku, ticket.channel,
    coalesce(
        sla_promise.due_at <= (select min(watermark) from fence where group_id = 'support.sla' and topic = 'crm.agreements')
        and not exists (
            select from sla_told where sla_told.ticket_id = sla_promise.ticket_id and sla_told.told = 'breached'
        ),
        false
    ) as untold
from sla_promise join ticket on ticket.id = sla_promise.ticket_id;

-- name: load_product_days
-- Forecasting: sales and refunds by day, product and channel.
select day, sku, channel, currency, sales, units, revenue, returned, refunded from sales_v1.product_day;

-- name: load_channel_days
-- Forecasting: whole sales by day and channel.
select day, channel, currency, sum(sales)::bigint as sales, sum(revenue)::bigint as revenue
from sales_v1.channel_day group by day, channel, currency;

-- name: load_purchase_days
-- Forecasting: the purchases of each party by day.
select party_id, day, currency, sales, amount from sales_v1.purchase_day;

-- name: load_categories
-- Forecasting: where each product belongs.
select sku, category from sales_v1.product;

-- name: load_campaign_counts
-- Forecasting: messages by campaign and outcome.
select campaign, outcome, sum(messages)::bigint as messages from sales_v1.campaign_day group by campaign, outcome;

-- name: load_ticket_days
-- Forecasting: tickets by day and channel.
select day, channel, sum(opened)::bigint as opened from sales_v1.ticket_day group by day, channel;

-- name: load_warnings
-- Forecasting: warnings of parties, and whether they are over.
select party_id, warning_id::text as warning_id, (state = 'cleared')::int as over from warning where party_id is not null;

-- name: load_customers
-- Contacts: which party is which customer.
select party_id, value as customer from identity where type = 'external' and system = 'shop';

-- name: load_segment_members
-- Marketing: who belongs to a segment.
select party_id from segment_member where segment = $1 and is_in;

-- name: load_segment_changes
-- Marketing: how often parties entered or left segments.
select party_id, segment, changes from segment_member;

-- name: load_entries_of
-- Marketing: the messages of a campaign that begins with something else than a sale, with what began it.
select message.party_id, entry.skus, entry.tier, message.step, message.triggered_at, message.due_at, message.id,
    coalesce(message.reason, message.outcome, 'waiting') as outcome
from message join entry using (trigger_event_id)
where message.campaign = $1;

-- name: load_accounts
-- Marketing: what each party has earned towards a tier, and which it has.
select party_id, qualifying, tier from points_account;

-- name: load_recipients
-- Marketing: who was to get a mailing, and what became of it.
select party_id, coalesce(reason, outcome, 'waiting') as outcome from mailing_recipient where mailing = $1;

-- name: load_messages_of
-- Marketing: every message of a campaign and how it ended.
select party_id, coalesce(reason, outcome, 'waiting') as outcome from message where campaign = $1;

-- name: load_message_cards_of
-- Contacts: the messages of a campaign as the histories show them.
select party_id, coalesce(reason, state) as outcome from message where campaign = $1;
