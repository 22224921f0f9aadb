-- Rows of a file on their way in, as text. Unlogged: after a crash the file, which is kept, is staged again; what was
-- recorded is known then, and what a person mended is kept in intake_mending.
--
-- `cells` are the texts of the row joined by U+001F, in the order of the file's columns. Measured on 541,909 rows of
-- eight columns: COPY of one text takes 1.0 s and 109 MB, of text[] 1.5 s and 145 MB (8.2 s when the driver makes the
-- array); reading a cell costs the same.
create unlogged table intake_row (
    import_id uuid not null,
    row_number bigint not null, -- from 1 as in the file, over all sheets in their order; the header is not a row
    sheet smallint not null default 0, -- the place of its sheet among those read
    cells text not null,
    state text not null default 'ready', -- ready, known, double, rejected
    reason text, -- why it is rejected: see intake.reasons
    primary key (import_id, row_number)
);
create index intake_row_rejected on intake_row (import_id, row_number) where state = 'rejected';

-- One cell without outer blanks; places count from 1. Empty where the row has fewer cells.
create function intake_cell(cells text, place int) returns text
language sql immutable parallel safe as $$
    select btrim(split_part(cells, E'\x1f', place), E' \t\r\n\u00a0\u202f\u2007\ufeff')
$$;

-- How many cells a row has.
create function intake_width(cells text) returns int
language sql immutable parallel safe as $$
    select array_length(string_to_array(cells, E'\x1f'), 1)
$$;

-- The planner knows nothing of rows just copied, and the application may not ANALYZE what it does not own: without this
-- a check of half a million rows was planned as a nested loop and ran for minutes.
create function intake_analyze_rows() returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
    analyze public.intake_row;
end $$;

-- A reason as it is kept, with one value that it speaks of (intake.rejections reads it).
create function intake_reason(code text, name text default null, value text default null) returns text
language sql immutable parallel safe as $$
    select case when name is null then code
        else code || E'\x1f' || name || E'\x1f' || left(coalesce(value, ''), 40) end
$$;
