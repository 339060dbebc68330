-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table v (id int primary key, a int) with system versioning;
insert into v values (1, 1);
update v set a = 2;
delete from v;
create sequence s start with 5 cache 3;
select nextval(s), nextval(s), nextval(s), nextval(s);
create table ds (id int primary key default nextval(s), a int);
insert into ds (a) values (1);
create table ap (id int, a date, b date, period for p (a, b));
insert into ap values (1, '2024-01-01', '2024-12-31');
delete from ap for portion of p from '2024-03-01' to '2024-04-01';
