-- options: --binlog-row-metadata=FULL
set timestamp = 1700000000;

create table t (id int primary key, ascii_ varchar(20) character set ascii, latin1_ varchar(20) character set latin1,
  latin2_ char(20) character set latin2, cp1251_ text character set cp1251, koi8r_ varchar(20) character set koi8r,
  greek_ varchar(20) character set greek, gbk_ varchar(20) character set gbk, big5_ varchar(20) character set big5,
  sjis_ varchar(20) character set sjis, eucjpms_ varchar(20) character set eucjpms, euckr_ varchar(20) character set euckr,
  ucs2_ varchar(20) character set ucs2, utf16_ char(20) character set utf16, utf16le_ varchar(20) character set utf16le,
  utf32_ varchar(20) character set utf32, utf8mb3_ varchar(20) character set utf8mb3,
  utf8mb4_ varchar(20) character set utf8mb4, binary_ varchar(20) character set binary,
  e_ enum('ä', 'ö', '€') character set latin1, s_ set('я', 'ж') character set cp1251) default character set latin2;
insert into t values
  (1, 'plain', 'äöü€', 'łódź', 'Привет', 'Привет', 'Ελλάδα', '中文', '中文', '日本', '日本', '한국',
   '中ä', '🧀ä', '🧀ä', '🧀ä', 'ä中', 'ä🧀', 'ä🧀', '€', 'я,ж'),
  (2, x'7f', x'818d8f909d80ff', x'ff', x'98ff', x'ff', x'a1', x'8140', x'a140', x'5c7e', x'8ea1', x'b0a1',
   x'00410042', x'd83eddc0', x'3ed8c0dd', x'0001f9c0', 'a', 'a', x'ff00', 'ä', ''),
  (3, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null, null);
select * from t order by id;
