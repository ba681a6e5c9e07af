/** Posts on which ops are refused or not. */
export const POSTS = Array.from(
  { length: 6 },
  (_, i) => `70070000-0000-4000-8000-${String(i).padStart(12, '0')}`,
)
export const [FINE, BAD] = POSTS as [string, string]

/** An application's rule that refuses rows of post_ratings, or of posts_new. */
export interface Rule {
  make: string
  undo: string
  sqlstate: string
  says: string
}

/** A trigger that raises an exception with this code, of those by which Postgres says that it cannot serve. */
const raising = (sqlstate: string): Rule => ({
  make: `create function mine() returns trigger language plpgsql as
           $$ begin raise exception 'not more than this today' using errcode = '${sqlstate}'; end $$;
         create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
           execute function mine()`,
  undo: 'drop function mine cascade',
  sqlstate,
  says: 'not more than this today',
})

/** What an application may have that refuses single rows: those of sessions named bad…, or of the post BAD. */
export const RULES: Record<string, Rule> = {
  'an integer that overflows': {
    make: `update posts_new set likes = 2147483647 where id = '${BAD}'`,
    undo: `update posts_new set likes = 5 where id = '${BAD}'`,
    sqlstate: '22003',
    says: 'integer out of range',
  },
  'a check constraint': {
    make: `alter table post_ratings add constraint mine check (session_id not like 'bad%') not valid`,
    undo: 'alter table post_ratings drop constraint mine',
    sqlstate: '23514',
    says: 'violates check constraint "mine"',
  },
  'a trigger that raises an exception': {
    make: `create function mine() returns trigger language plpgsql as
             $$ begin raise exception 'session % is barred', new.session_id; end $$;
           create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
             execute function mine()`,
    undo: 'drop function mine cascade',
    sqlstate: 'P0001',
    says: 'is barred',
  },
  'a trigger that raises what a full disk would': raising('53400'),
  'a trigger that raises what a timeout would': raising('57014'),
  'a trigger that raises what a conflict of transactions would': raising('40001'),
  'a trigger that raises what a lost connection would': raising('08006'),
  'a generated column that cannot be': {
    make: `alter table post_ratings add column mine integer
             generated always as (1 / (case when session_id like 'bad%' then 0 else 1 end)) stored`,
    undo: 'alter table post_ratings drop column mine',
    sqlstate: '22012',
    says: 'division by zero',
  },
  'a trigger whose assertion fails': {
    make: `create function mine() returns trigger language plpgsql as
             $$ begin assert false, 'it does not hold'; return new; end $$;
           create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
             execute function mine()`,
    undo: 'drop function mine cascade',
    sqlstate: 'P0004',
    says: 'it does not hold',
  },
  'a trigger that skips the row': {
    make: `create function mine() returns trigger language plpgsql as $$ begin return null; end $$;
           create trigger mine before insert on post_ratings for each row when (new.session_id like 'bad%')
             execute function mine()`,
    undo: 'drop function mine cascade',
    sqlstate: '23000',
    says: 'skips the row',
  },
  'a foreign key': {
    make: `create table people (id text primary key);
           insert into people select 's-' || n from generate_series(0, 40) n;
           grant select on people to service_role;
           alter table post_ratings add constraint mine foreign key (session_id) references people`,
    undo: 'alter table post_ratings drop constraint mine; drop table people',
    sqlstate: '23503',
    says: 'violates foreign key constraint "mine"',
  },
  'a form that sessions must have': {
    make: `alter table post_ratings add constraint mine check (session_id ~ '^s-[0-9]+$') not valid`,
    undo: 'alter table post_ratings drop constraint mine',
    sqlstate: '23514',
    says: 'violates check constraint "mine"',
  },
  'a constraint trigger that is deferred, with a code of its own': {
    make: `create function mine() returns trigger language plpgsql as
             $$ begin raise exception 'not today' using errcode = 'PT403'; end $$;
           create constraint trigger mine after insert on post_ratings deferrable initially deferred
             for each row when (new.session_id like 'bad%') execute function mine()`,
    undo: 'drop function mine cascade',
    sqlstate: 'PT403',
    says: 'not today',
  },
  'a policy': {
    make: `alter role service_role nobypassrls;
           create policy mine on post_ratings to service_role using (true) with check (session_id not like 'bad%');
           create policy rest on posts_new to service_role using (true);
           create policy rest on like_tombstones to service_role using (true);
           create policy rest on like_unseen to service_role using (true);
           create policy rest on like_receipt to service_role using (true);
           create policy rest on like_refused to service_role using (true);
           create policy rest on like_log to service_role using (true);
           create policy rest on like_log_sums to service_role using (true);
           create policy rest on like_settings to service_role using (true)`,
    undo: `alter role service_role bypassrls;
           drop policy mine on post_ratings;
           drop policy rest on posts_new; drop policy rest on like_tombstones; drop policy rest on like_unseen;
           drop policy rest on like_receipt; drop policy rest on like_refused;
           drop policy rest on like_log; drop policy rest on like_log_sums; drop policy rest on like_settings`,
    sqlstate: '42501',
    says: 'row-level security policy',
  },
  'a unique index': {
    make: `insert into post_ratings (post_id, session_id) values ('${POSTS[2]}', 'bad-before');
           create unique index mine on post_ratings (left(session_id, 4)) where session_id like 'bad%'`,
    undo: 'drop index mine',
    sqlstate: '23505',
    says: 'duplicate key',
  },
}

/** What refuses every like alike. */
export const FAULTS: Record<string, Rule> = {
  'a column that is gone': {
    make: 'alter table post_ratings rename column created_at to made_at',
    undo: 'alter table post_ratings rename column made_at to created_at',
    sqlstate: '42703',
    says: 'does not exist',
  },
  'a grant that is gone': {
    make: 'revoke insert on post_ratings from service_role',
    undo: 'grant all on post_ratings to service_role',
    sqlstate: '42501',
    says: 'permission denied',
  },
  'a column without a default': {
    make: 'alter table post_ratings add column app_user text; alter table post_ratings add check (app_user is not null) not valid',
    undo: 'alter table post_ratings drop column app_user',
    sqlstate: '23514',
    says: 'violates check constraint',
  },
  'a trigger that skips every row': {
    make: `create function mine() returns trigger language plpgsql as $$ begin return null; end $$;
           create trigger mine before update on posts_new for each row execute function mine()`,
    undo: 'drop function mine cascade',
    sqlstate: '23000',
    says: 'skips the row',
  },
  // Connections that have planned as a role that bypasses policies plan anew once the table has changed.
  'a policy that is gone': {
    make: `alter role service_role nobypassrls; alter table post_ratings enable row level security;
           create policy rest on posts_new to service_role using (true);
           create policy rest on like_receipt to service_role using (true);
           create policy rest on like_unseen to service_role using (true);
           create policy rest on like_log to service_role using (true);
           create policy rest on like_settings to service_role using (true)`,
    undo: `alter role service_role bypassrls;
           drop policy rest on posts_new; drop policy rest on like_receipt; drop policy rest on like_unseen;
           drop policy rest on like_log; drop policy rest on like_settings`,
    sqlstate: '42501',
    says: 'row-level security policy',
  },
}
