-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;
set binlog_row_value_options = 'PARTIAL_JSON';
create table t (id int primary key, a json, n int, b json);
insert into t values (1, '{"k": 1, "s": "long enough to be worth a partial update, or so one would think", "o": {"x": [1, 2, 3]}}', 1,
  '[1, 2, {"deep": "another text that is long enough to be left alone here"}]'),
  (2, '{"a": "some text that makes the document long enough for diffs to pay off"}', 2, null);
update t set a = json_set(a, '$.k', 2) where id = 1;
update t set a = json_set(a, '$.new', json_object('ä', 1.5)), n = 5 where id = 1;
update t set a = json_remove(a, '$.k') where id = 1;
update t set a = json_replace(a, '$.o.x[1]', 'two', '$.o.x[2]', null), b = json_set(b, '$[2].deep', 'short') where id = 1;
update t set b = json_array_insert(b, '$[1]', 'in') where id = 1;
update t set b = json_set(b, '$[10]', 'end', '$[0]', false) where id = 1;
update t set n = 6 where id = 1;
update t set a = '{"whole": true}' where id = 1;
update t set a = json_set(a, '$.a', 'x', '$."odd key"', 1) where id = 2;
update t set a = json_set(coalesce(a, '{}'), '$.both', 1), b = json_array(1);
update t set a = null where id = 1;
update t set a = json_set(a, '$.z', 1) where id = 2;
select id, a, n, b from t order by id;
delete from t;
