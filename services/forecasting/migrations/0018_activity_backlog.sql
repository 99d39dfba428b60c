-- How many tickets are open.
create table sales_v1.backlog_day (          -- by how much a day changed that: tickets opened and come back, less those ended
    day date not null,
    partition smallint not null,             -- of crm.tickets: two instances never wait for one row
    change bigint not null,
    primary key (day, partition)
) with (fillfactor = 50);
