-- Of each party that a sale was said to be of, the highest revision waits: whose it is, the sale itself will tell.
alter table waiting_revision drop constraint waiting_revision_pkey;
alter table waiting_revision add primary key (origin, sale_id, party_id);
