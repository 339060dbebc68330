-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

set sql_generate_invisible_primary_key = on;
create table no_key (a int, b varchar(5));
insert into no_key values (1, 'x');
update no_key set b = 'y';
set sql_generate_invisible_primary_key = off;
create table f (id int primary key, a int, j json, key ((a + 1)), key ((cast(j->'$[*]' as unsigned array))));
insert into f values (1, 2, '[1, 2]');
update f set a = 3;
create table p (id int primary key) ;
create table c (id int primary key, p_id int, foreign key (p_id) references p (id) on delete cascade);
insert into p values (1);
insert into c values (1, 1), (2, 1);
delete from p;
