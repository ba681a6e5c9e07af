-- A post that was deleted and is there again, with the same id and none of its likes: sessions in Redis still knew what they
-- had pressed on the one before, so that a heart stayed pressed and the next press was counted wrongly until it was drained.
-- Redis is told now that a post was removed, and not only that it must forget its numbers.

-- What Redis has to learn from the batch `p_nonce`: {status: 'applied', receipt, rows:
-- [[post, session, op]], posts: [[post, likes]], refused: [[post, session, op, sqlstate, message, op that Postgres
-- holds]]}. Likes and ops are those of the cut: without ops that no batch has told. So a row tells the op of its pair
-- at the cut, which is a later one where the version before has drained in between; that of a row without a
-- session is 1 where the post was removed, or 0. Refused are ops that are ahead of the cut, with the reason in like_refused; `p_asked` names the entries that can be refused, null: all.
create or replace function public.onecount_drained(
  p_partition integer, p_nonce text, p_posts uuid[], p_sessions text[], p_ops bigint[], p_asked integer[]
) returns json
language plpgsql stable
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  return (
    with pairs as materialized (
      select id as n, post_id, session_id, op, true as is_row from public.like_log
       where partition >= p_partition and partition <= p_partition and nonce is not null and nonce = p_nonce
      union all
      select n, post_id, session_id, op, false
        from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
       where p_asked is null
      union all
      select n, post_id, session_id, op, false
        from unnest(p_posts, p_sessions, p_ops) with ordinality e (post_id, session_id, op, n)
       where cardinality(p_asked) > 0 and n = any (p_asked)
    ), seen as materialized (
      select e.*, case when e.session_id = '' then e.op else coalesce(l.prev, greatest(r.op, t.op, 0)) end as known
        from pairs e
        left join lateral (
          select op from public.post_ratings
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) r on true
        left join lateral (
          select op from public.like_tombstones
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) t on true
        left join lateral (
          select prev from public.like_log
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
             and nonce is null
           order by post_id, session_id, id limit 1
        ) l on true
    ), refused as materialized (
      select e.*, coalesce(f.sqlstate, '') as sqlstate, coalesce(f.message, '') as message
        from seen e
        cross join lateral (
          select from public.posts_new where id >= e.post_id and id <= e.post_id order by id limit 1
        ) p
        left join lateral (
          select sqlstate, message from public.like_refused
           where post_id = any (array[e.post_id]) and session_id >= e.session_id and session_id <= e.session_id
           order by post_id, session_id limit 1
        ) f on true
       where not e.is_row and e.op > e.known
    )
    select json_build_object(
      'status', 'applied',
      'receipt', (select nonce from public.like_receipt where partition = p_partition),
      'rows', (
        select coalesce(json_agg(json_build_array(post_id, session_id, known) order by n), '[]')
          from seen where is_row
      ),
      'posts', (
        select coalesce(json_agg(json_build_array(
                 p.id, greatest(coalesce(p.likes, 0) - coalesce(s.change, 0), 0))), '[]')
          from (select post_id from pairs where is_row union select unnest(p_posts)) e (id)
          cross join lateral (
            select id, likes from public.posts_new where id >= e.id and id <= e.id order by id limit 1
          ) p
          left join lateral (
            select change from public.like_log_sums
             where post_id >= e.id and post_id <= e.id order by post_id limit 1
          ) s on true
      ),
      'refused', (
        select coalesce(
                 json_agg(json_build_array(post_id, session_id, op, sqlstate, message, known) order by n), '[]')
          from refused
      )
    )
  );
end $$;

-- What the functions of the version before note for their Redis is noted in the log too, so that Redis is told
-- whichever version drains. What the pair was before is not known here: the op counts as seen. A post is to be
-- forgotten once, however often that is noted before Redis is told; as one that was removed, if it was.
create or replace function public.onecount_log_unseen() returns trigger
language plpgsql
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if new.session_id = '' then
    new.op := new.op % 2;
    perform from public.like_log
      where post_id = any (array[new.post_id]) and session_id >= '' and session_id <= '' and nonce is null
        and op >= new.op
      order by post_id, session_id, id limit 1;
    if found then
      return null;
    end if;
  end if;
  insert into public.like_log (partition, post_id, session_id, op, prev)
  select public.onecount_partition_of(new.post_id, partitions), new.post_id, new.session_id, new.op, new.op
    from public.onecount_partitions() as partitions
   where partitions is not null;
  return null;
end $$;

-- A post that was removed, or whose likes were set: Redis forgets it, and hydrates it anew where it still exists. Likes
-- that are set are likes of the cut at once; rows of the log for single ops stay. An odd op says that it was removed.
create or replace function public.onecount_post_by_hand() returns trigger
language plpgsql security definer
set search_path = '' set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
begin
  if tg_op = 'DELETE' then
    delete from public.like_unseen where post_id = old.id;
    delete from public.like_refused where post_id = old.id;
    delete from public.like_log where ctid = any (array(
      select ctid from public.like_log where post_id >= old.id and post_id <= old.id order by post_id, session_id, id
    ));
    delete from public.like_log_sums where ctid = any (array(
      select ctid from public.like_log_sums where post_id >= old.id and post_id <= old.id order by post_id limit 1
    ));
  end if;
  insert into public.like_unseen as u (post_id, session_id, op)
  values (old.id, '',
          2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint + (tg_op = 'DELETE')::integer)
  on conflict (post_id, session_id) do update set op = greatest(u.op + 2, excluded.op);
  return null;
end $$;

-- A target that was given another id: its rows go with it, their ops and tombstones, its count, and its refused ops.
-- Redis forgets the old id, and is told of every pair of the new one, with the op that it had. Likes of the new id are
-- likes of the cut at once.
--
-- It moves the rows before the foreign key of the application does (65_triggers.sql): rows that a cascade moves are edits
-- by hand, and would be counted for the new id once more. Where that key lets no id change that has rows, they stay, and
-- the key refuses the statement as it did before onecount. Rows that have the new id already were moved by the
-- application, which took them off the count of the old one.
create or replace function public.onecount_renamed() returns trigger
language plpgsql security definer
set search_path = '' set plan_cache_mode = force_custom_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_now bigint := floor(extract(epoch from clock_timestamp()) * 1000000)::bigint;
  v_partitions integer := public.onecount_partitions();
  v_applying text := coalesce(current_setting('onecount.applying', true), '');
  v_old uuid[] := array[old.id];
  v_new uuid[] := array[new.id];
  v_there bigint[];
begin
  perform set_config('onecount.applying', 'on', true);
  v_there := array(
    select (
      select count(*) from (
        select from public.post_ratings r
         where r.post_id >= e.id and r.post_id <= e.id order by r.post_id, r.session_id
      ) r
    ) from unnest(v_new) with ordinality as e (id, n) order by n);
  if not exists (
    select from pg_catalog.pg_constraint f join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = f.conkey[1]
     where f.conrelid = 'public.post_ratings'::regclass and f.contype = 'f' and f.confrelid = tg_relid
       and pg_catalog.cardinality(f.conkey) = 1 and a.attname = 'post_id'
       and (f.confupdtype = 'r' or f.confupdtype = 'a' and not f.condeferrable)
  ) then
    update public.post_ratings r set post_id = new.id where r.post_id = old.id;
  end if;
  update public.like_tombstones t set post_id = e.new
    from unnest(v_old, v_new) as e (old, new)
   where t.post_id = e.old and not exists (
     select from public.post_ratings r where r.post_id = e.new and r.session_id = t.session_id);
  delete from public.like_tombstones where post_id = any (v_old);
  delete from public.like_refused where post_id = any (v_new);
  update public.like_refused r set post_id = e.new from unnest(v_old, v_new) as e (old, new) where r.post_id = e.old;
  update public.posts_new p
     set likes = greatest(p.likes + v_there[1], (
           select count(*) from (
             select from public.post_ratings r
              where r.post_id >= new.id and r.post_id <= new.id order by r.post_id, r.session_id
           ) r
         )),
         likes_rev = greatest(p.likes_rev + 1, v_now)
   where p.id = new.id;
  -- As of a post that was removed. Rows of the log that are locked are those that a drain deletes, which may wait for
  -- this post.
  delete from public.like_unseen where post_id = old.id;
  delete from public.like_log where ctid = any (array(
    select ctid from public.like_log
     where post_id >= old.id and post_id <= old.id order by post_id, session_id, id for update skip locked
  ));
  delete from public.like_log_sums where post_id = old.id;
  insert into public.like_unseen (post_id, session_id, op) values (old.id, '', 2 * v_now + 1);
  insert into public.like_log (partition, post_id, session_id, op, prev)
  select public.onecount_partition_of(c.post_id, v_partitions), c.post_id, c.session_id, c.op, c.op
    from (
      select o.post_id, public.onecount_session_or_all(o.session_id) as session_id,
             max(case when public.onecount_session_or_all(o.session_id) = '' then 0 else o.op end) as op
        from (
          select e.id as post_id, r.session_id, r.op
            from unnest(v_new) as e (id)
            cross join lateral (
              select r.session_id, r.op from public.post_ratings r
               where r.post_id >= e.id and r.post_id <= e.id order by r.post_id, r.session_id
            ) r
          union all
          select t.post_id, t.session_id, t.op from public.like_tombstones t where t.post_id = any (v_new)
        ) o
       group by 1, 2
    ) c
   where v_partitions is not null;
  perform set_config('onecount.applying', v_applying, true);
  return null;
end $$;

-- Triggers of the application find its tables (0025_search_path.sql).
do $$
begin
  execute format('alter function public.onecount_renamed() set search_path = %s', (
    select string_agg(format('%I', s.name), ', ' order by s.n)
      from unnest(array['public', 'extensions', 'pg_temp']) with ordinality s (name, n)
     where s.name = 'pg_temp' or to_regnamespace(quote_ident(s.name)) is not null and not exists (
       select from (values ('public'), ('anon'), ('authenticated')) r (name)
        where (r.name = 'public' or to_regrole(r.name) is not null)
          and has_schema_privilege(r.name, quote_ident(s.name)::regnamespace, 'create'))
  ));
end $$;
