-- What customers said of tickets that go on in others counts, whenever they said it; so far it did not.
insert into stat_sum as known (day, queue, agent, category, channel, measure, bucket, tickets, seconds)
select
    (rated_at at time zone 'UTC')::date, queue, rated_agent, category, channel, 'csat', rating, count(*), 0
from stat_ticket
where status = 'merged' and rating is not null and rated_at is not null and opened_at is not null
group by 1, 2, 3, 4, 5, 7
on conflict (day, queue, agent, category, channel, measure, bucket) do update set
    tickets = known.tickets + excluded.tickets;
