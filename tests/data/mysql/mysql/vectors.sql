-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, v vector(3), w vector(2048) null, c varchar(3) character set latin1);
insert into t values (1, string_to_vector('[1,-2.5,3e38]'), null, 'é'), (2, null, string_to_vector('[0.1]'), null),
  (3, string_to_vector('[0]'), string_to_vector('[1,2]'), 'x');
select id, hex(v), vector_to_string(v), hex(w) from t order by id;
