-- Letters to parties that were erased, until they are taken out of the maildir.
create table erased_letter (
    message_id uuid primary key
);
insert into erased_letter (message_id)
select m.id from message m join party p on p.id = m.party_id
where p.erased_by is not null and m.outcome in ('sent', 'unknown');
