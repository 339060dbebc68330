-- options: --log-bin-compress=ON --log-bin-compress-min-len=10 --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, v mediumtext);
insert into t values (1, repeat('abc', 100)), (2, repeat('x', 70000));
update t set v = repeat('y', 300);
delete from t;
insert into t values (3, 'short');
/* a statement that is long enough to be compressed: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa */
alter table t add column w int comment 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa';
set binlog_row_image = 'MINIMAL';
update t set w = 1;
delete from t;
