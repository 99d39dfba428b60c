-- The address of a recipient is known from its turn on: a million rows are written down without it.
drop index mailing_recipient_by_address;
create index mailing_recipient_by_address on mailing_recipient (mailing, address_hash) where address_hash is not null;
