insert into people (name) values ('ana'), ('ben'), ('carla'), ('dora');

insert into articles (title, body, published_at) values
  ('How bread rises', 'Yeast eats sugar and breathes out. The dough keeps what it breathes.', '2026-01-03'),
  ('A winter by the lake', 'The ice sang every night until the middle of March.', '2026-01-02'),
  ('Notes on slow trains', 'Take the one that stops everywhere, and a window on the left.', '2026-01-01');

insert into article_likes (article_id, user_id)
select a.id, p.id
  from articles a join people p on (a.id, p.name) in ((1, 'ana'), (1, 'ben'), (1, 'carla'), (2, 'ben'));

update articles a set like_count = (select count(*) from article_likes l where l.article_id = a.id);
