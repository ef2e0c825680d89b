-- The corner corpus of MySQL and MariaDB: every type and every trap that is known to
-- lose data in a copy. Expectations are in corpus_real_test.go, by the table's name.
SET NAMES utf8mb4;
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
SET time_zone = '+00:00';
SET foreign_key_checks = 0;
CREATE DATABASE corpus CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci;
CREATE DATABASE `corpus 2 ``odd" %` CHARACTER SET latin1 COLLATE latin1_swedish_ci;
USE corpus;

-- numbers
CREATE TABLE floats (id INT PRIMARY KEY, f FLOAT, d DOUBLE, fu FLOAT UNSIGNED, f72 FLOAT(7,2));
INSERT INTO floats VALUES (1, 16777216, 16777217, 1.234567, 12345.67), (2, 1.234567, 1.2345678901234567, 0, -0.01),
  (3, 3.40282347e38, 1.7976931348623157e308, 3.40282347e38, 99999.99), (4, -3.40282347e38, -1.7976931348623157e308, 1.17549435e-38, 0),
  (5, 1.4e-45, 5e-324, 1.4e-45, 0), (6, -0e0, -0e0, 0, -0e0), (7, NULL, NULL, NULL, NULL), (8, 0.1, 0.1, 0.1, 0.1),
  (9, 33554432, 9007199254740993, 8388609, 1), (10, 1e-10, 1e-300, 1e10, 2.5);
CREATE TABLE numbers (id TINYINT UNSIGNED ZEROFILL PRIMARY KEY, a TINYINT, b SMALLINT, c MEDIUMINT, d INT UNSIGNED, e BIGINT UNSIGNED, f BIGINT,
  dec1 DECIMAL(65,30), dec2 DECIMAL(5,0) UNSIGNED ZEROFILL, dec3 DECIMAL(65,0), bo BOOLEAN DEFAULT TRUE, s BIGINT UNSIGNED NOT NULL AUTO_INCREMENT UNIQUE);
INSERT INTO numbers VALUES (1, -128, -32768, -8388608, 4294967295, 18446744073709551615, -9223372036854775808,
  -99999999999999999999999999999999999.999999999999999999999999999999, 7, 99999999999999999999999999999999999999999999999999999999999999999, 0, 18446744073709551614),
  (255, 127, 32767, 8388607, 0, 0, 9223372036854775807, 0.000000000000000000000000000001, 99999, -1, NULL, 1), (0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 127, 2);
CREATE TABLE bits (b BIT(64) PRIMARY KEY, c BIT(1), d BIT(9));
INSERT INTO bits VALUES (b'0', b'1', b'100000001'), (0xFFFFFFFFFFFFFFFF, b'0', NULL), (0x5C0A090027, NULL, b'001011100'), (0x31, b'1', 0x31);

-- bytes
CREATE TABLE bytes (id INT PRIMARY KEY AUTO_INCREMENT, a BINARY(4), b VARBINARY(300), c TINYBLOB, d BLOB, e MEDIUMBLOB, f LONGBLOB);
INSERT INTO bytes (a, b, c, d, e, f) VALUES (0x00000000, X'', 0x00, 0x5C4E, 0x5C30, 0x0A0D09001A5C2722), (0x5C, 0x5C4E, 0x5C2E, 0x7F80FF, 0xC328, 0xEDA080),
  ('a', '\\N', 'NULL', '', '\\', '\n'), (NULL, NULL, NULL, NULL, NULL, NULL), ('\0', '\0', '\t\n\\N\t', '"', '''', 0xF0288CBC);
INSERT INTO bytes (b, d) SELECT UNHEX(GROUP_CONCAT(LPAD(HEX(seq), 2, '0') ORDER BY seq SEPARATOR '')), UNHEX(GROUP_CONCAT(LPAD(HEX(255-seq), 2, '0') ORDER BY seq SEPARATOR '')) FROM seq_0_to_255;
CREATE TABLE large_rows (id INT PRIMARY KEY, b LONGBLOB, t LONGTEXT);
INSERT INTO large_rows VALUES (1, REPEAT(UNHEX('5C00270A'), 1500000), REPEAT('é\\\n', 500000)), (2, '', ''), (3, REPEAT(UNHEX('FF'), 20000000), NULL);

-- text
CREATE TABLE texts (id INT PRIMARY KEY, u4 VARCHAR(100) CHARACTER SET utf8mb4, u3 VARCHAR(100) CHARACTER SET utf8mb3, l1 VARCHAR(100) CHARACTER SET latin1,
  u2 VARCHAR(100) CHARACTER SET ucs2, u16 VARCHAR(100) CHARACTER SET utf16, u32 VARCHAR(20) CHARACTER SET utf32, c51 VARCHAR(100) CHARACTER SET cp1251,
  sj VARCHAR(100) CHARACTER SET sjis, gb VARCHAR(100) CHARACTER SET gbk, asc7 CHAR(10) CHARACTER SET ascii, ko VARCHAR(20) CHARACTER SET koi8r,
  tiny TINYTEXT, medium MEDIUMTEXT CHARACTER SET latin1, bin CHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin);
INSERT INTO texts VALUES (1, '😀é\\\'"\n\t\0\Z', 'é€', 'é€ÿ', 'é€', '😀é', '😀', 'Привет', 'ソ表能', '誠許', 'a\\b', 'Привет', '', 'Ÿ', 'trailing   '),
  (2, '', '', '', '', '', '', '', '', '', '', '', NULL, NULL, NULL), (3, '\\N', 'NULL', '\\', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', '\\N', ' a');
CREATE TABLE code_points (cp INT PRIMARY KEY, c VARCHAR(2) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin);
INSERT INTO code_points SELECT seq, CONVERT(CHAR(seq USING utf32) USING utf8mb4) FROM seq_0_to_65535 WHERE seq NOT BETWEEN 55296 AND 57343;
INSERT INTO code_points SELECT seq, CONVERT(CHAR(seq USING utf32) USING utf8mb4) FROM seq_65536_to_1114111_step_17;
CREATE TABLE all_latin1 (n INT PRIMARY KEY, c CHAR(1) CHARACTER SET latin1, s VARCHAR(1) CHARACTER SET cp1251, g VARCHAR(1) CHARACTER SET koi8r);
INSERT INTO all_latin1 SELECT seq, CONVERT(UNHEX(LPAD(HEX(seq),2,'0')) USING latin1), CONVERT(UNHEX(LPAD(HEX(seq),2,'0')) USING cp1251), CONVERT(UNHEX(LPAD(HEX(seq),2,'0')) USING koi8r) FROM seq_1_to_255;
CREATE TABLE enums (id INT PRIMARY KEY, e ENUM('é','ü','b,c','it''s','') CHARACTER SET latin1, s SET('é','ü','x y','z') CHARACTER SET latin1, e4 ENUM('ÿ','日本') CHARACTER SET utf8mb4, es ENUM('ソ','表') CHARACTER SET sjis);
INSERT INTO enums VALUES (1, 'é', 'é,ü', 'ÿ', '表'), (2, 'it''s', '', '日本', 'ソ'), (3, '', 'x y,z', NULL, NULL), (4, NULL, NULL, NULL, NULL);
SET sql_mode = '';
INSERT INTO enums VALUES (5, 'not in the list', 15, 'no', 'no');
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';
CREATE TABLE json_values (id INT PRIMARY KEY, j JSON, k JSON NOT NULL DEFAULT '{}');
INSERT INTO json_values VALUES (1, '{"b": 1, "a" : "é😀\\"\\\\"}', '[]'), (2, NULL, '{"n": 1.0, "n": 2}'), (3, 'null', '"text"'), (4, '[1e400, -0, 12345678901234567890]', '  {}  ');

-- times
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES';
CREATE TABLE times (id INT PRIMARY KEY, d DATE, dt DATETIME(6), dt0 DATETIME, ts TIMESTAMP(6) NULL, t TIME(6), t0 TIME, y YEAR,
  up TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3) ON UPDATE CURRENT_TIMESTAMP(3));
INSERT INTO times VALUES (1, '0000-00-00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '0000-00-00 00:00:00', '-838:59:59.999999', '-00:00:01', 0, '2001-02-03 04:05:06.789'),
  (2, '2024-02-30', '9999-12-31 23:59:59.999999', '1000-01-01', '1970-01-01 00:00:01.000001', '838:59:59.999999', '00:00:00', 2155, '2001-02-03 04:05:06.789'),
  (3, '0001-01-01', '0001-01-01 00:00:00.000001', '2024-00-00 00:00:00', '2038-01-19 03:14:07.999999', '-00:00:00.000001', '100:00:00', 1901, '2001-02-03 04:05:06.789'),
  (4, '2024-03-31', '2024-03-31 02:30:00', '2024-10-27 02:30:00', '2024-03-31 01:30:00', NULL, NULL, NULL, '2024-10-27 00:30:00'),
  (5, '2024-00-15', '2024-03-00 01:02:03.04', NULL, NULL, '00:00:00.1', '-01:00:00', 1970, '2001-02-03 04:05:06.789');
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';

-- types of MariaDB
CREATE TABLE uuids (u UUID PRIMARY KEY, i4 INET4, i6 INET6, n INT);
INSERT INTO uuids VALUES ('00000000-0000-0000-0000-000000000000', '0.0.0.0', '::', 1), ('ffffffff-ffff-ffff-ffff-ffffffffffff', '255.255.255.255', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 2),
  ('123e4567-e89b-12d3-a456-426655440000', '127.0.0.1', '::ffff:127.0.0.1', 3), ('5c0a0900-2722-1000-8000-00005c4e0000', '92.10.9.0', '5c4e:a09:27:2200::', 4), ('6ccd780c-baba-1026-9564-5b8c656024db', NULL, NULL, 5);
CREATE TABLE inets (i6 INET6 PRIMARY KEY, i4 INET4 NOT NULL, UNIQUE KEY (i4));
INSERT INTO inets VALUES ('::1', '1.2.3.4'), ('2001:db8::ff00:42:8329', '92.92.92.92'), ('fe80::', '0.0.0.1');
CREATE TABLE shapes (id INT PRIMARY KEY, g GEOMETRY, p POINT NOT NULL, l LINESTRING, y POLYGON, mp MULTIPOINT, ml MULTILINESTRING, my MULTIPOLYGON, gc GEOMETRYCOLLECTION, SPATIAL KEY sp (p));
INSERT INTO shapes VALUES (1, ST_GeomFromText('POINT(1 2)', 4326), ST_GeomFromText('POINT(-0.1 92)'), ST_GeomFromText('LINESTRING(0 0,1 1,9.25 10)'), ST_GeomFromText('POLYGON((0 0,10 0,10 10,0 10,0 0),(1 1,2 1,2 2,1 1))'),
  ST_GeomFromText('MULTIPOINT(1 1,2 2)'), ST_GeomFromText('MULTILINESTRING((0 0,1 1),(2 2,3 3))'), ST_GeomFromText('MULTIPOLYGON(((0 0,1 0,1 1,0 0)))'), ST_GeomFromText('GEOMETRYCOLLECTION(POINT(1 1),LINESTRING(0 0,1 1))')),
  (2, NULL, ST_GeomFromText('POINT(92 10)', 92), NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE compressed_columns (id INT PRIMARY KEY, a TEXT COMPRESSED, b BLOB COMPRESSED);
INSERT INTO compressed_columns VALUES (1, REPEAT('aé', 5000), REPEAT(0x00FF, 5000)), (2, '', NULL);

-- columns that are not like the others
CREATE TABLE generated (id INT PRIMARY KEY, a INT, v INT AS (a * 2) VIRTUAL, s VARCHAR(20) AS (CONCAT('x', a)) STORED, z INT, w INT INVISIBLE DEFAULT 7, x INT INVISIBLE, KEY kv (v), UNIQUE KEY ks (s), KEY kw (w));
INSERT INTO generated (id, a, z, w, x) VALUES (1, 10, 100, 5, 6), (2, NULL, 200, NULL, NULL), (3, -5, NULL, 7, 8);
CREATE TABLE generated_key (a INT NOT NULL, b INT AS (a + 1) STORED, UNIQUE KEY (b));
INSERT INTO generated_key (a) VALUES (3), (1), (2);
CREATE TABLE auto_zero (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(10)) AUTO_INCREMENT = 1000;
INSERT INTO auto_zero VALUES (0, 'zero'), (-5, 'minus'), (7, 'seven');
CREATE TABLE auto_empty (id BIGINT UNSIGNED AUTO_INCREMENT, k INT, PRIMARY KEY (id), KEY (k)) AUTO_INCREMENT = 5000000000;
CREATE TABLE auto_second (a INT NOT NULL, id INT AUTO_INCREMENT, b INT, PRIMARY KEY (a), KEY auto (id), KEY kb (b));
INSERT INTO auto_second VALUES (3, 1, 9), (2, 2, 8);
CREATE TABLE defaults (id INT PRIMARY KEY, a VARCHAR(40) DEFAULT (CONCAT('a', "b", '\\')), b DATETIME DEFAULT '0000-00-00 00:00:00', c INT DEFAULT -1, d VARCHAR(20) DEFAULT 'it''s "`\\', e UUID DEFAULT UUID(), f BIT(3) DEFAULT b'101', g ENUM('é') DEFAULT 'é', h BLOB DEFAULT 0x00FF) COMMENT 'a ''comment'' with "quotes"; and `ticks`, (commas) \\ é';
INSERT INTO defaults (id) VALUES (1);
CREATE TABLE checks (id INT PRIMARY KEY, a INT CHECK (a > 0), b INT, CONSTRAINT `odd "name` CHECK (b < 10 OR b IN (99, 100)), CONSTRAINT c2 CHECK (a <> b));
SET check_constraint_checks = 0;
INSERT INTO checks VALUES (1, -1, 50), (2, 5, 5), (3, 1, 2);
SET check_constraint_checks = 1;

-- keys
CREATE TABLE key_composite (a VARCHAR(10), b INT, c DATE, v INT, PRIMARY KEY (a, b, c), KEY k1 (v), KEY k2 (c, a(3)), KEY k3 (b DESC, v));
INSERT INTO key_composite SELECT CHAR(65 + seq % 7 USING utf8mb4), seq % 11, '2024-01-01' + INTERVAL seq DAY, seq FROM seq_1_to_500;
CREATE TABLE key_text (k VARCHAR(50) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci PRIMARY KEY, v INT);
INSERT INTO key_text VALUES ('a', 1), ('B', 2), ('ä1', 3), ('Z', 4), ('z1', 5), ('ß', 6), ('😀', 7), ('', 8), ('a\\', 9), ('a''', 10), ('é', 11), ('Éa', 12), ('\t', 13), ('ÿ', 14), ('a b', 15);
CREATE TABLE key_latin1 (k CHAR(20) CHARACTER SET latin1 COLLATE latin1_german2_ci PRIMARY KEY, v INT);
INSERT INTO key_latin1 VALUES ('Müller', 1), ('Muster', 2), ('ÿ', 3), ('€', 4), ('Ä', 5), ('az', 6), ('', 7);
CREATE TABLE key_binary (k BINARY(3) PRIMARY KEY, v INT);
INSERT INTO key_binary VALUES (0x000000, 1), (0x5C4E00, 2), (0xFFFFFF, 3), (0x270A09, 4), (0x61, 5), (0x41, 6);
CREATE TABLE key_varbinary (k VARBINARY(20) PRIMARY KEY, v INT);
INSERT INTO key_varbinary VALUES (X'', 0), (0x00, 1), (0x0000, 2), (0x5C, 3), (0xFF, 4), (0xC328, 5), ('a', 6), ('a ', 7);
CREATE TABLE key_enum (k ENUM('z','a','m') PRIMARY KEY, v INT);
INSERT INTO key_enum VALUES ('z', 1), ('a', 2), ('m', 3);
CREATE TABLE key_decimal (k DECIMAL(20,5) PRIMARY KEY, v INT);
INSERT INTO key_decimal VALUES (-1.5, 1), (0, 2), (123456789012345.12345, 3), (-99999, 4);
CREATE TABLE key_time (k DATETIME(6) PRIMARY KEY, t TIME(3) NOT NULL, ts TIMESTAMP(6) NOT NULL DEFAULT '2024-01-01 00:00:00', UNIQUE KEY (t));
INSERT INTO key_time VALUES ('0000-00-00 00:00:00', '-01:00:00', '2024-10-27 00:30:00'), ('2024-01-01 00:00:00.000001', '00:00:00.001', '2024-10-27 01:30:00'), ('2024-01-01 00:00:00.000002', '-838:59:59', '2024-03-31 01:30:00');
CREATE TABLE key_float (k FLOAT PRIMARY KEY, d DOUBLE NOT NULL, UNIQUE KEY (d));
INSERT INTO key_float VALUES (16777216, 0.1), (16777217.9, 1e308), (1.234567, 5e-324), (1.234568, -1e-5), (-0.1, 0);
CREATE TABLE key_unique (u INT NOT NULL, n INT, v VARCHAR(10), UNIQUE KEY nullable (n), UNIQUE KEY usable (u));
INSERT INTO key_unique VALUES (1, NULL, 'a'), (2, NULL, 'b'), (3, 1, 'c');
CREATE TABLE key_prefix (k VARCHAR(200) NOT NULL, v INT, PRIMARY KEY (k(5)), KEY kk (k(100)));
INSERT INTO key_prefix VALUES ('abcde tail', 1), ('abcdf', 2), ('', 3);
CREATE TABLE no_key (a INT, b VARCHAR(20), c FLOAT);
INSERT INTO no_key VALUES (1, 'same', 1.1), (1, 'same', 1.1), (1, 'same', 1.1), (NULL, NULL, NULL), (NULL, NULL, NULL), (2, '\\N', 0), (2, 'NULL', 0);
CREATE TABLE empty_table (id INT PRIMARY KEY, v TEXT, KEY kv (v(10)));
CREATE TABLE empty_without_key (v INT);
CREATE TABLE no_column_values (id INT AUTO_INCREMENT PRIMARY KEY);
INSERT INTO no_column_values VALUES (1), (2), (3);
CREATE TABLE indexes_of_all_kinds (id INT PRIMARY KEY, a INT, b VARCHAR(300), c TEXT, d INT NOT NULL, FULLTEXT KEY ft (c), FULLTEXT KEY ft2 (b, c), UNIQUE KEY u1 (a, d), UNIQUE KEY u2 (d), KEY `odd ``key" %` (b(20), a DESC) COMMENT 'it''s', KEY off (a) IGNORED, KEY h (d, a) USING BTREE);
INSERT INTO indexes_of_all_kinds SELECT seq, seq % 3, CONCAT('b', seq), CONCAT('word', seq, ' é'), seq FROM seq_1_to_300;
CREATE TABLE many_rows (id INT PRIMARY KEY AUTO_INCREMENT, a INT, b VARCHAR(30), c DATETIME(3), d FLOAT, KEY ka (a), KEY kb (b), KEY kcd (c, d));
INSERT INTO many_rows SELECT seq * 3, seq % 97, CONCAT('row ', seq), '2024-01-01' + INTERVAL seq * 1001000 MICROSECOND, seq / 7 FROM seq_1_to_20000;

-- foreign keys
CREATE TABLE fk_a (id INT PRIMARY KEY, b INT, KEY kb (b), CONSTRAINT fk_ab FOREIGN KEY (b) REFERENCES fk_b (id));
CREATE TABLE fk_b (id INT PRIMARY KEY, a INT, CONSTRAINT fk_ba FOREIGN KEY (a) REFERENCES fk_a (id) ON DELETE SET NULL ON UPDATE CASCADE);
CREATE TABLE fk_self (id INT PRIMARY KEY, parent INT, other INT, v INT, KEY kp (parent, v), KEY kv (v), CONSTRAINT fk_parent FOREIGN KEY (parent) REFERENCES fk_self (id) ON DELETE CASCADE);
CREATE TABLE fk_unique (id INT PRIMARY KEY, code VARCHAR(10), n INT, KEY kc (code, n), UNIQUE KEY uc (code), KEY kn (n));
CREATE TABLE fk_to_unique (id INT PRIMARY KEY, code VARCHAR(10), CONSTRAINT `fk ``odd` FOREIGN KEY (code) REFERENCES fk_unique (code));
INSERT INTO fk_a VALUES (1, 2), (2, 1), (3, NULL);
INSERT INTO fk_b VALUES (1, 1), (2, 3);
INSERT INTO fk_self VALUES (5, 1, 1, 1), (1, NULL, 2, 2), (2, 2, 3, 3), (9, 5, 1, 4);
INSERT INTO fk_unique VALUES (1, 'x', 1), (2, NULL, 2), (3, 'y', 3);
INSERT INTO fk_to_unique VALUES (1, 'y'), (2, NULL), (3, 'x');
CREATE TABLE fk_cross (id INT PRIMARY KEY, o INT, CONSTRAINT fk_other FOREIGN KEY (o) REFERENCES `corpus 2 ``odd" %`.`odd ``table" %` (`id ``"`));
INSERT INTO fk_cross VALUES (1, 1), (2, NULL);

-- partitions
CREATE TABLE part_range (id INT, d DATE, v INT, PRIMARY KEY (id, d), KEY kv (v)) PARTITION BY RANGE (TO_DAYS(d)) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (TO_DAYS('2024-01-01')), PARTITION `p 1` VALUES LESS THAN MAXVALUE COMMENT 'it''s');
INSERT INTO part_range SELECT seq, '2023-06-01' + INTERVAL seq DAY, seq FROM seq_1_to_400;
CREATE TABLE part_list (a VARCHAR(5) NOT NULL, v INT) PARTITION BY LIST COLUMNS (a) (PARTITION pa VALUES IN ('a', 'é'), PARTITION pb VALUES IN ('b', '\\'));
INSERT INTO part_list VALUES ('a', 1), ('é', 2), ('b', 3), ('\\', 4);
CREATE TABLE part_key (id BIGINT PRIMARY KEY, v TEXT) PARTITION BY KEY (id) PARTITIONS 3;
INSERT INTO part_key SELECT seq, CONCAT('v', seq) FROM seq_1_to_100;

-- other engines and options
CREATE TABLE engine_aria (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(20), KEY kv (v)) ENGINE=Aria;
INSERT INTO engine_aria (v) VALUES ('a'), ('é');
CREATE TABLE engine_myisam (g INT, n INT AUTO_INCREMENT, v INT, PRIMARY KEY (g, n)) ENGINE=MyISAM;
INSERT INTO engine_myisam (g, v) VALUES (1, 1), (1, 2), (2, 3);
CREATE TABLE row_compressed (id INT PRIMARY KEY, v TEXT) ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8 STATS_PERSISTENT=1;
INSERT INTO row_compressed VALUES (1, REPEAT('x', 10000));
CREATE TABLE versioned (id INT PRIMARY KEY, v INT, KEY kv (v)) WITH SYSTEM VERSIONING;
INSERT INTO versioned VALUES (1, 1), (2, 2);
UPDATE versioned SET v = 10 WHERE id = 1;
CREATE TABLE versioned_columns (id INT PRIMARY KEY, v INT, rs TIMESTAMP(6) GENERATED ALWAYS AS ROW START, re TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (rs, re)) WITH SYSTEM VERSIONING;
INSERT INTO versioned_columns (id, v) VALUES (1, 1);
CREATE TABLE periods (id INT, b DATE, e DATE, PERIOD FOR app (b, e), UNIQUE (id, app WITHOUT OVERLAPS));
INSERT INTO periods VALUES (1, '2024-01-01', '2024-02-01'), (1, '2024-02-01', '2024-03-01');

-- sequences
CREATE SEQUENCE seq_plain START WITH 5 INCREMENT BY 3 CACHE 10;
DO NEXTVAL(seq_plain);
CREATE SEQUENCE seq_down START WITH -1 INCREMENT BY -1 MINVALUE -100 MAXVALUE -1 CYCLE NOCACHE;
DO NEXTVAL(seq_down);
CREATE SEQUENCE seq_unused START WITH 100;
CREATE TABLE uses_sequence (id INT DEFAULT NEXTVAL(seq_plain) PRIMARY KEY, v INT);
INSERT INTO uses_sequence (v) VALUES (1), (2);

-- odd names
USE `corpus 2 ``odd" %`;
CREATE TABLE `odd ``table" %` (`id ``"` INT PRIMARY KEY, `select` INT, `a b%` VARCHAR(10), `É日` INT, `CamelCase` INT, `'` INT, `a,b` INT, `(` INT, `\` INT, KEY `k ``"` (`a b%`), KEY `%s` (`select`, `\`));
INSERT INTO `odd ``table" %` VALUES (1, 2, 'c', 4, 5, 6, 7, 8, 9);
CREATE TABLE `Case` (id INT PRIMARY KEY, v VARCHAR(10));
CREATE TABLE `case` (id INT PRIMARY KEY, V VARCHAR(10), KEY kv (V));
INSERT INTO `Case` VALUES (1, 'upper');
INSERT INTO `case` VALUES (1, 'lower');
CREATE TABLE `日本` (`列` INT PRIMARY KEY, `值` VARCHAR(10)) DEFAULT CHARSET = utf8mb4;
INSERT INTO `日本` VALUES (1, '表');
CREATE TABLE `a.b` (`c.d` INT PRIMARY KEY);
INSERT INTO `a.b` VALUES (1);
USE corpus;

-- routines
CREATE DEFINER = `nobody`@`nowhere` FUNCTION plus_one(x INT) RETURNS INT DETERMINISTIC COMMENT 'it''s' SQL SECURITY INVOKER RETURN x + 1;
CREATE FUNCTION uses_database(x INT) RETURNS VARCHAR(30) CHARSET latin1 READS SQL DATA RETURN (SELECT CONCAT(corpus.plus_one(x), MAX(v)) FROM corpus.many_rows m JOIN corpus.generated g ON g.id = m.id);
DELIMITER //
CREATE PROCEDURE `odd ``proc" %`(IN a INT, OUT b VARCHAR(20), INOUT `in out` DECIMAL(5,2))
MODIFIES SQL DATA
BEGIN
  -- a comment; with a semicolon, a ' quote and DEFINER=`x`@`y`
  /* and another ` one */
  DECLARE c CURSOR FOR SELECT id FROM corpus.many_rows;
  SET b = CONCAT('a', "b", '\\', '\'', """", `in out`); # tail '
  IF a > 1 THEN SELECT * FROM `odd ``table" %`; END IF;
END//
SET sql_mode = 'ANSI_QUOTES,PIPES_AS_CONCAT,NO_BACKSLASH_ESCAPES'//
CREATE FUNCTION ansi(x INT) RETURNS VARCHAR(50) CHARSET utf8mb4 DETERMINISTIC
BEGIN
  DECLARE "odd name" VARCHAR(20) DEFAULT 'a\';
  RETURN "odd name" || 'b' || '\' || x;
END//
SET sql_mode = 'ORACLE'//
CREATE PACKAGE pack AS
  FUNCTION f(a INT) RETURN INT;
END//
CREATE PACKAGE BODY pack AS
  FUNCTION f(a INT) RETURN INT AS BEGIN RETURN a || '1'; END;
END//
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO'//
SET NAMES latin1//
CREATE FUNCTION in_latin1() RETURNS VARCHAR(10) CHARSET latin1 DETERMINISTIC RETURN CONCAT('caf', _latin1'é')//
SET NAMES utf8mb3//
CREATE FUNCTION in_utf8mb3() RETURNS VARCHAR(10) DETERMINISTIC RETURN 'é'//
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci//
CREATE AGGREGATE FUNCTION agg(x INT) RETURNS INT
BEGIN
  DECLARE s INT DEFAULT 0;
  DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s;
  LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP;
END//
SET NAMES utf8mb4//

-- triggers that would fire while rows are loaded
CREATE TABLE trigger_log (id INT AUTO_INCREMENT PRIMARY KEY, what VARCHAR(50))//
CREATE TABLE triggered (id INT PRIMARY KEY, v INT)//
INSERT INTO triggered VALUES (1, 1), (2, 2)//
CREATE TRIGGER t_second AFTER INSERT ON triggered FOR EACH ROW INSERT INTO trigger_log (what) VALUES (CONCAT('second ', NEW.id))//
CREATE TRIGGER t_first AFTER INSERT ON triggered FOR EACH ROW PRECEDES t_second INSERT INTO corpus.trigger_log (what) VALUES ('first')//
CREATE DEFINER = `gone`@`%` TRIGGER corpus.t_change BEFORE INSERT ON corpus.triggered FOR EACH ROW BEGIN SET NEW.v = -1; END//
CREATE TRIGGER t_refuse BEFORE INSERT ON many_rows FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'it''s refused'//
DELIMITER ;

-- views on views, on functions, in an order that is not that of names
CREATE VIEW v_z_base AS SELECT id, v, plus_one(id) AS p, _utf8mb4'é' COLLATE utf8mb4_bin AS t FROM triggered;
CREATE VIEW v_m AS SELECT z.*, corpus.uses_database(1) AS u FROM v_z_base z;
CREATE DEFINER = `nobody`@`nowhere` SQL SECURITY INVOKER VIEW v_a (`first col`, b, c, d, e) AS SELECT * FROM corpus.v_m WHERE id IN (SELECT id FROM `corpus 2 ``odd" %`.`odd ``table" %` JOIN generated) OR v > 0;
CREATE ALGORITHM = MERGE VIEW v_check AS SELECT id, v FROM triggered WHERE v > 0 WITH LOCAL CHECK OPTION;
SET NAMES latin1;
CREATE VIEW v_latin1 AS SELECT 'x' AS a, _latin1'é' AS b FROM triggered;
SET NAMES utf8mb4;
CREATE TABLE goes_away (id INT);
CREATE VIEW v_broken AS SELECT * FROM goes_away;
DROP TABLE goes_away;
SET sql_mode = 'ANSI_QUOTES';
CREATE VIEW "v ""ansi" AS SELECT "id" AS "a""b`c" FROM "triggered";
SET sql_mode = 'NO_AUTO_VALUE_ON_ZERO';

-- events
CREATE EVENT e_daily ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE ENABLE COMMENT 'DISABLE; ''me''' DO DELETE FROM trigger_log;
SET time_zone = '+02:00';
CREATE DEFINER = `nobody`@`nowhere` EVENT e_once ON SCHEDULE AT '2035-01-01 00:00:00' DISABLE DO INSERT INTO corpus.trigger_log (what) VALUES ('event');
SET time_zone = '+00:00';
