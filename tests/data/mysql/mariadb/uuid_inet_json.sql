-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, u uuid, i6 inet6, i4 inet4, j json, c varchar(3) character set latin1);
insert into t values
  (1, '123e4567-e89b-12d3-a456-426614174000', '2001:db8::ff00:42:8329', '192.168.0.1', '{"a": [1, 2.50, "ä"]}', 'é'),
  (2, '00000000-0000-0000-0000-000000000000', '::', '0.0.0.0', 'null', ''),
  (3, 'ffffffff-ffff-ffff-ffff-ffffffffffff', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '255.255.255.255', '"x"', 'a'),
  (4, 'ffffffff-0000-4000-8000-000000000000', '2001::', '10.0.0.0', '{ }', 'b'),
  (5, '20202020-2020-2020-2020-202020202020', '::ffff:1.2.3.4', '32.32.32.32', '[]', 'c'), (6, null, null, null, null, null);
select * from t order by id;
