-- What a function of the application raises is its refusal of what it was given, also where its code is one by which
-- Postgres says that it cannot serve: such an op stopped all others. How rows are looked up: 0015_log.sql.

-- Whether an error says that Postgres cannot serve now, whatever it is asked: connection, read-only transaction,
-- deadlock, resources, locks, shutdown, input and output, an old snapshot. What a function of the application raises
-- itself, with whatever code, is its refusal of what it was given: then the context begins with its RAISE.
create or replace function public.onecount_is_outage(p_sqlstate text, p_context text) returns boolean
language sql immutable set search_path = '' as $$
  select (left(p_sqlstate, 2) in ('08', '25', '40', '53', '57', '58', '72') or p_sqlstate in ('55006', '55P03', '55P04'))
    and split_part(p_context, E'\n', 1) !~ 'RAISE$'
$$;

revoke all on function public.onecount_is_outage(text, text) from public, anon, authenticated;
grant execute on function public.onecount_is_outage(text, text) to service_role;

-- Tries ops of this parity that no person has made, and undoes them: whether Postgres refuses all of them with one of
-- p_sqlstates. They are of pairs that Postgres has accepted before and, for likes, of new pairs too, by a session that is
-- there where it can be: an application may accept no others. Refused sessions are left out, and so are the posts of
-- refused ops, unless they are several and there are no others; in the end they are tried too, and only their success
-- counts. False where there is nothing to try.
create or replace function public.onecount_refuses_every(
  p_liked boolean, p_posts uuid[], p_sessions text[], p_sqlstates text[]
) returns boolean
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  NIL constant uuid := '00000000-0000-0000-0000-000000000000';
  v_avoided uuid[] := p_posts;
  v_probe text := 'onecount-probe';
  v_from uuid; v_post uuid; v_session text; v_op bigint;
  v_is_held boolean;
  v_tried boolean := false;
  v_context text;
begin
  if not exists (select from public.posts_new where id <> all (p_posts)) then
    if cardinality(p_posts) < 2 then
      return false;
    end if;
    v_avoided := '{}';
  end if;
  for i in 1..5 loop
    v_from := case when i % 2 = 1 then gen_random_uuid() else NIL end;
    if i = 5 then
      v_from := p_posts[1];
      v_avoided := '{}';
    end if;
    v_post := null;
    v_is_held := not p_liked or i in (1, 2, 5);
    -- Posts to avoid are stepped over, however many rows they have.
    loop
      if v_is_held then
        select post_id, session_id, op + 1 into v_post, v_session, v_op from public.post_ratings
         where post_id >= v_from and session_id <> all (p_sessions) order by post_id, session_id limit 1;
      else
        -- A post at the end of its integer says nothing about others.
        select id, v_probe, 2 * floor(extract(epoch from clock_timestamp()) * 1000000)::bigint into v_post, v_session, v_op
          from public.posts_new where id >= v_from and likes < 2147483647 order by id limit 1;
      end if;
      exit when v_post is null or v_post <> all (v_avoided);
      select id into v_from from public.posts_new where id > v_post order by id limit 1;
      if not found then
        v_post := null;
        exit;
      end if;
    end loop;
    if v_is_held then
      v_probe := coalesce(v_session, v_probe);
    end if;
    continue when v_post is null;
    v_tried := v_tried or i < 5;
    v_avoided := v_avoided || v_post;
    begin
      if v_is_held then
        perform public.onecount_apply(array[v_post], array[v_session], array[v_op], array[0], false);
      end if;
      if p_liked then
        perform public.onecount_apply(array[v_post], array[v_session], array[v_op + 1], array[0], false);
      end if;
      set constraints all immediate;
      raise exception using errcode = 'OCOK0';
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_context = pg_exception_context;
      if public.onecount_is_outage(sqlstate, v_context) then
        raise;
      end if;
      if sqlstate = 'OCOK0' or not sqlstate = any (p_sqlstates) then
        return false;
      end if;
    end;
  end loop;
  return v_tried;
end $$;

-- Merges ops as onecount_merge, without those that Postgres refuses: what is refused together is tried by halves until
-- the refused ops are alone. Answers {results: [of each press], refused: [[position from 1, sqlstate, message]]}; the
-- result of a refused press is {status: 'refused', sqlstate, message}, and the counts of the others are those after
-- their part. An error that is no refusal of single ops ends the whole call as it came: an outage, and one that no op
-- can avoid, such as a missing column, grant or default.
create or replace function public.onecount_merge_sparing(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_revs bigint[], p_now bigint, p_ahead bigint, p_nonce text
) returns json
language plpgsql
set search_path = '' set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set enable_incremental_sort = off
as $$
declare
  v_count integer := coalesce(cardinality(p_posts), 0);
  v_from integer[] := array[1]; v_to integer[] := array[v_count];
  v_a integer; v_b integer;
  v_revs bigint[] := p_revs;
  v_results json[] := array_fill(null::json, array[v_count]);
  v_part json[];
  v_new boolean[];
  v_refused integer[] := '{}';
  v_states text[] := '{}'; v_messages text[] := '{}';
  v_state text; v_message text; v_context text;
begin
  while cardinality(v_from) > 0 loop
    v_a := v_from[1];
    v_b := v_to[1];
    v_from := v_from[2:];
    v_to := v_to[2:];
    begin
      v_part := public.onecount_merge(
        p_posts[v_a:v_b], p_sessions[v_a:v_b], p_ops[v_a:v_b], v_revs[v_a:v_b], p_now, p_ahead, p_nonce);
      -- A constraint that is deferred would speak only when nothing can be set aside any more.
      set constraints all immediate;
      if v_part is not null then
        v_results[v_a:v_b] := v_part;
      end if;
    exception when others or assert_failure or query_canceled then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                              v_context = pg_exception_context;
      if public.onecount_is_outage(v_state, v_context) or v_count = 0 then
        raise;
      end if;
      if v_new is null then
        -- What fails without any op is not about ops.
        perform public.onecount_merge('{}', '{}', '{}', '{}', p_now, p_ahead, p_nonce);
        v_new := public.onecount_are_new(p_posts, p_sessions, p_ops);
        -- A part of a post's ops has a count that was never shown: it does not get the revision of the whole.
        if p_nonce is not null then
          v_revs := array_fill(0::bigint, array[v_count]);
        end if;
      end if;
      if v_a = v_b then
        v_refused := v_refused || v_a;
        v_states := v_states || v_state;
        v_messages := v_messages || left(v_message, 500);
        v_results[v_a] := json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
      else
        v_from := array[v_a, (v_a + v_b) / 2 + 1] || v_from;
        v_to := array[(v_a + v_b) / 2, v_b] || v_to;
      end if;
    end;
  end loop;

  -- Where a new op of the same parity was accepted Postgres does not refuse all; elsewhere others are tried.
  for v_parity in 0..1 loop
    if exists (select from unnest(v_refused) n where p_ops[n] % 2 = v_parity)
      and not exists (
        select from generate_subscripts(p_ops, 1) n where p_ops[n] % 2 = v_parity and v_new[n] and n <> all (v_refused)
      )
      and public.onecount_refuses_every(
        v_parity = 1,
        array(select distinct p_posts[n] from unnest(v_refused) n),
        array(select distinct p_sessions[n] from unnest(v_refused) n),
        array(select v_states[k] from generate_subscripts(v_refused, 1) k where p_ops[v_refused[k]] % 2 = v_parity)
      )
    then
      select v_states[k], v_messages[k] into v_state, v_message from generate_subscripts(v_refused, 1) k
       where p_ops[v_refused[k]] % 2 = v_parity limit 1;
      raise exception using errcode = v_state, message = v_message,
        hint = 'Postgres refuses this of every post: correct its cause.';
    end if;
  end loop;
  return json_build_object(
    'results', case when p_nonce is null then v_results end,
    'refused', (
      select coalesce(json_agg(json_build_array(v_refused[k], v_states[k], v_messages[k])), '[]')
        from generate_subscripts(v_refused, 1) k
    )
  );
end $$;

-- Presses, each durable when this answers: results as of onecount_merge_sparing, or {status: 'refused', sqlstate,
-- message} for the whole call where Postgres refuses every op.
create or replace function public.onecount_press(
  p_posts uuid[], p_sessions text[], p_ops bigint[], p_now bigint, p_ahead bigint
) returns json
language plpgsql set search_path = '' as $$
declare
  v_results json;
  v_state text; v_message text; v_context text;
begin
  perform public.onecount_lock(p_posts);
  begin
    v_results := public.onecount_merge_sparing(p_posts, p_sessions, p_ops, null, p_now, p_ahead, null) -> 'results';
  exception when others or assert_failure or query_canceled then
    get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                            v_context = pg_exception_context;
    if public.onecount_is_outage(v_state, v_context) then
      raise;
    end if;
    return json_build_object('status', 'refused', 'sqlstate', v_state, 'message', left(v_message, 500));
  end;
  return v_results;
end $$;
