-- The tier that a change of tier led to, which its letter names.
alter table entry add column tier text;
