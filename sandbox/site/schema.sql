-- The database of the example website: a district chamber of commerce, as such sites are made.
-- Statements end with a line that holds only a slash; `tables` come before the data, `logic` after.

-- tables

CREATE TABLE category (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  parent_id INT UNSIGNED NULL,
  name VARCHAR(40) NOT NULL,
  slug VARCHAR(40) CHARACTER SET ascii NOT NULL,
  position SMALLINT NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  UNIQUE KEY slug (slug),
  CONSTRAINT category_parent FOREIGN KEY (parent_id) REFERENCES category (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='栏目'
/
CREATE TABLE admin_user (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  login VARCHAR(32) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  name VARCHAR(40) NOT NULL,
  password_hash VARBINARY(64) NOT NULL COMMENT 'SHA-512, 演示数据',
  roles SET('编辑','审核','会员管理','系统管理') NOT NULL DEFAULT '编辑',
  disabled BIT(1) NOT NULL DEFAULT b'0',
  last_login_at DATETIME(3) NULL,
  PRIMARY KEY (id),
  UNIQUE KEY login (login)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='后台用户'
/
CREATE TABLE member (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  number CHAR(8) CHARACTER SET ascii NOT NULL COMMENT '会员编号',
  company VARCHAR(120) NOT NULL COMMENT '企业名称',
  legal_person VARCHAR(40) NOT NULL COMMENT '法定代表人',
  phone VARCHAR(20) CHARACTER SET ascii NOT NULL,
  industry VARCHAR(20) NOT NULL,
  level ENUM('会员','理事','常务理事','副会长','会长') NOT NULL DEFAULT '会员',
  capital DECIMAL(14,2) NULL COMMENT '注册资本（万元）',
  staff MEDIUMINT UNSIGNED NULL,
  rating FLOAT NULL COMMENT '诚信评分',
  longitude DOUBLE NULL,
  latitude DOUBLE NULL,
  founded YEAR NULL,
  joined_on DATE NOT NULL,
  fee_paid TINYINT(1) NOT NULL DEFAULT 0,
  profile JSON NULL,
  company_key VARCHAR(40) GENERATED ALWAYS AS (LEFT(company, 40)) VIRTUAL,
  created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  updated_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id),
  UNIQUE KEY number (number),
  KEY industry_level (industry, level),
  KEY company_key (company_key)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='会员企业'
/
CREATE TABLE member_apply (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  company VARCHAR(120) NOT NULL,
  contact VARCHAR(40) NOT NULL,
  phone VARCHAR(20) CHARACTER SET ascii NOT NULL,
  reason TEXT NULL,
  state ENUM('待审核','已通过','已退回') NOT NULL DEFAULT '待审核',
  handled_by INT UNSIGNED NULL,
  member_id INT UNSIGNED NULL,
  applied_at DATETIME NOT NULL,
  handled_at DATETIME NULL,
  PRIMARY KEY (id),
  KEY state (state, applied_at),
  CONSTRAINT apply_handler FOREIGN KEY (handled_by) REFERENCES admin_user (id),
  CONSTRAINT apply_member FOREIGN KEY (member_id) REFERENCES member (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='入会申请'
/
CREATE TABLE article (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  category_id INT UNSIGNED NOT NULL,
  author_id INT UNSIGNED NOT NULL,
  title VARCHAR(200) NOT NULL,
  summary VARCHAR(500) NOT NULL DEFAULT '',
  body LONGTEXT NOT NULL,
  source VARCHAR(60) NULL,
  published_at DATETIME NOT NULL,
  reads_count INT UNSIGNED NOT NULL DEFAULT 0,
  comments_count INT UNSIGNED NOT NULL DEFAULT 0,
  pinned TINYINT(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY shown (category_id, published_at),
  KEY title (title(60)),
  CONSTRAINT article_category FOREIGN KEY (category_id) REFERENCES category (id),
  CONSTRAINT article_author FOREIGN KEY (author_id) REFERENCES admin_user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='文章'
/
CREATE TABLE comment (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  article_id INT UNSIGNED NOT NULL,
  nickname VARCHAR(60) NOT NULL,
  text VARCHAR(1000) NOT NULL,
  written_at DATETIME(6) NOT NULL,
  PRIMARY KEY (id),
  CONSTRAINT comment_article FOREIGN KEY (article_id) REFERENCES article (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='评论'
/
CREATE TABLE attachment (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  article_id INT UNSIGNED NULL,
  name VARCHAR(120) NOT NULL,
  media_type VARCHAR(60) CHARACTER SET ascii NOT NULL,
  digest BINARY(32) NOT NULL COMMENT 'SHA-256',
  body MEDIUMBLOB NOT NULL,
  PRIMARY KEY (id),
  UNIQUE KEY digest (digest),
  CONSTRAINT attachment_article FOREIGN KEY (article_id) REFERENCES article (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='附件'
/
CREATE TABLE event (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  title VARCHAR(120) NOT NULL,
  place VARCHAR(120) NOT NULL,
  held_on DATE NOT NULL,
  begins TIME NOT NULL,
  ends TIME NOT NULL,
  seats SMALLINT UNSIGNED NOT NULL,
  fee DECIMAL(8,2) NOT NULL DEFAULT 0,
  PRIMARY KEY (id),
  KEY held_on (held_on)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='活动'
/
CREATE TABLE event_signup (
  event_id INT UNSIGNED NOT NULL,
  member_id INT UNSIGNED NOT NULL,
  persons TINYINT UNSIGNED NOT NULL DEFAULT 1,
  signed_at DATETIME NOT NULL,
  PRIMARY KEY (event_id, member_id),
  CONSTRAINT signup_event FOREIGN KEY (event_id) REFERENCES event (id),
  CONSTRAINT signup_member FOREIGN KEY (member_id) REFERENCES member (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='活动报名'
/
CREATE TABLE visit_log (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  visited_at DATETIME NOT NULL,
  ip INT UNSIGNED NOT NULL COMMENT 'INET_ATON',
  path VARCHAR(200) NOT NULL,
  referrer VARCHAR(300) NOT NULL DEFAULT '',
  agent VARCHAR(300) NOT NULL,
  status SMALLINT UNSIGNED NOT NULL,
  milliseconds FLOAT NOT NULL,
  PRIMARY KEY (id),
  KEY visited_at (visited_at)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='访问日志，每夜由服务器日志导入'
/
CREATE TABLE operation_log (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  admin_id INT UNSIGNED NOT NULL,
  action VARCHAR(60) NOT NULL,
  detail TEXT NULL,
  done_at DATETIME NOT NULL,
  PRIMARY KEY (id),
  KEY done_at (done_at)
) ENGINE=MyISAM DEFAULT CHARSET=utf8mb4 COMMENT='后台操作日志（旧模块，MyISAM）'
/
CREATE TABLE login_session (
  token BINARY(16) NOT NULL,
  admin_id INT UNSIGNED NOT NULL,
  expires_at DATETIME NOT NULL,
  PRIMARY KEY (token),
  CONSTRAINT session_admin FOREIGN KEY (admin_id) REFERENCES admin_user (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='登录会话'
/
CREATE TABLE setting (
  name VARCHAR(60) CHARACTER SET ascii NOT NULL,
  value TEXT NULL,
  PRIMARY KEY (name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COMMENT='站点设置'
/

-- logic

CREATE VIEW member_overview AS
  SELECT industry, level, COUNT(*) AS members, SUM(capital) AS capital, AVG(staff) AS staff
  FROM member GROUP BY industry, level
/
CREATE VIEW hot_article AS
  SELECT a.id, a.title, c.name AS category, a.reads_count
  FROM article AS a JOIN category AS c ON c.id = a.category_id
  WHERE a.reads_count > 100
/
CREATE TRIGGER comment_counted AFTER INSERT ON comment FOR EACH ROW
  UPDATE article SET comments_count = comments_count + 1 WHERE id = NEW.article_id
/
CREATE TRIGGER comment_uncounted AFTER DELETE ON comment FOR EACH ROW
  UPDATE article SET comments_count = comments_count - 1 WHERE id = OLD.article_id
/
CREATE FUNCTION level_weight(named VARCHAR(10) CHARSET utf8mb4) RETURNS INT DETERMINISTIC
  RETURN CASE named WHEN '会长' THEN 5 WHEN '副会长' THEN 4 WHEN '常务理事' THEN 3
                    WHEN '理事' THEN 2 ELSE 1 END
/
CREATE PROCEDURE monthly_visits(IN first_day DATE)
  READS SQL DATA COMMENT '某月每日访问量'
BEGIN
  SELECT DATE(visited_at) AS day, COUNT(*) AS visits FROM visit_log
  WHERE visited_at >= first_day AND visited_at < first_day + INTERVAL 1 MONTH
  GROUP BY day ORDER BY day;
END
/
CREATE EVENT end_sessions ON SCHEDULE EVERY 1 DAY STARTS '2018-03-07 03:00:00'
  COMMENT '清除过期会话'
  DO DELETE FROM login_session WHERE expires_at < NOW()
/
