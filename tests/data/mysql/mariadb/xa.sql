-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, v varchar(10));
xa start 'gtrid', 'bqual', 7;
insert into t values (1, 'commit');
xa end 'gtrid', 'bqual', 7;
xa prepare 'gtrid', 'bqual', 7;
xa commit 'gtrid', 'bqual', 7;
xa start x'00ff27', '', 1;
insert into t values (2, 'rollback');
xa end x'00ff27', '', 1;
xa prepare x'00ff27', '', 1;
xa rollback x'00ff27', '', 1;
xa start 'one';
insert into t values (3, 'one phase');
xa end 'one';
xa commit 'one' one phase;
xa start 'empty';
xa end 'empty';
xa prepare 'empty';
xa commit 'empty';
insert into t values (4, 'plain');
select * from t order by id;
