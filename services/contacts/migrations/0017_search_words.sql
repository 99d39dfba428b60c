-- The words of a party's name, as they are searched for: without case and accents.
create table searched_party (
    party_id uuid primary key,
    words text[] not null
);
create index searched_party_words on searched_party using gin (words) with (gin_pending_list_limit = 256);

-- Every word that a name has; far fewer than parties.
create table search_word (
    word text collate "C" primary key
);

-- A word, and the word without each of its letters: two words that share a form differ by one error of typing.
create table search_form (
    form text collate "C" not null,
    word text collate "C" not null,
    primary key (form, word)
);
create index search_form_word on search_form (word);
