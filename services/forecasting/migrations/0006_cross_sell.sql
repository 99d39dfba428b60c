-- Who bought what, what was disputed, and which requests are urgent: what an offer depends on.
alter table sales_v1.sale add column party_id uuid;
alter table sales_v1.sale add column day date;
create index sale_by_party on sales_v1.sale (party_id, day);
create index refund_by_sale on sales_v1.refund (origin collate "C", sale_id collate "C"); -- as sales compare them
alter table sales_v1.dispute add column origin text;
alter table sales_v1.dispute add column sale_id text;
create index dispute_by_party on sales_v1.dispute (party_id);

create table sales_v1.urgent (               -- tickets that were called urgent
    ticket_id uuid primary key,
    party_id uuid not null,
    open boolean not null
);
create index urgent_open on sales_v1.urgent (party_id) where open;

create table goes_with (                     -- products that who has one buys more often than chance would have it
    sku text collate "C" not null,
    other text collate "C" not null,
    cut date not null,                       -- learnt from what happened before
    parties integer not null,                -- that were looked at
    buyers integer not null,                 -- of these, those that bought sku
    together integer not null,               -- of these, those that bought the other too
    lift float8 not null,                    -- how many times as many as chance would have it
    chance float8 not null,                  -- the probability of so many or more by chance
    primary key (sku, other)
);
