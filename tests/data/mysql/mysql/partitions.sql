-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int not null, v int, primary key (id)) partition by range (id)
  (partition p0 values less than (10), partition p1 values less than (20), partition p2 values less than maxvalue);
insert into t values (1, 1), (11, 1), (100, 1);
update t set v = 2;
update t set id = 12 where id = 1;
delete from t;
