-- Whether a ticket is urgent and whether it is over are two facts: one that is reopened is as urgent as it was.
-- Of tickets that were over before, only a rebuild knows whether they had been urgent.
drop index sales_v1.urgent_open;
alter table sales_v1.urgent rename column open to urgent;
alter table sales_v1.urgent alter column urgent set default false;
alter table sales_v1.urgent add column over boolean not null default false;
create index urgent_open on sales_v1.urgent (party_id) where urgent and not over;
