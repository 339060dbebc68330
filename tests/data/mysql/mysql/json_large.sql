-- options: --binlog-row-metadata=FULL
-- The large form of objects and arrays begins at 64 KiB; compression makes it small here.
set timestamp = 1700000000;

set binlog_transaction_compression = on;
set cte_max_recursion_depth = 100000;
create table t (id int primary key, j json);
insert into t values (1, json_object('a', repeat('x', 70000), 'n', 1, 'i', 70000, 'l', 5000000000, 'd', 1.5, 'nul', null,
  't', true, 'arr', json_array(1, -70000, 'y')));
insert into t select 2, json_arrayagg(70000 + n % 3) from (with recursive s (n) as
  (select 0 union all select n + 1 from s where n < 12000) select n from s) q;
insert into t values (3, json_array(repeat('a', 16383), repeat('b', 16384), json_object('k', repeat('c', 40000))));
insert into t values (4, json_array(json_array(1, 2), repeat('z', 66000), json_object('s', 1, 'big', 100000)));
select id, length(j), sha2(j, 256) from t order by id;
