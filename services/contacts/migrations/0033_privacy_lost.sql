-- Why somebody asked is free text, which is not kept once the party is erased.
update erasure set because = '' where state = 'approved';

-- Of an erasure that was taken back after a restore: what no topic told.
alter table erasure add column lost text[] not null default '{}';
