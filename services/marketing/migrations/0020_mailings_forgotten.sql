-- Its party was erased: whoever is releasing it at that moment writes no hash of its address any more.
alter table mailing_recipient add column forgotten boolean not null default false;
