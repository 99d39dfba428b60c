-- Pairs that are merged without asking, why others as alike are left to people, and merges that are doubted since.
alter table duplicate
    add column certain boolean not null default false,
    add column left_because text,
    add column doubted_at timestamptz;
create index duplicate_certain on duplicate (bits desc, id)
    where state = 'open' and certain and left_because is null;
create index duplicate_doubted on duplicate ((coalesce(bits, 0)) desc, id desc)
    where state = 'merged' and doubted_at is not null;
