"""MySQL and MariaDB: one connection, and everything an archive needs to ask or tell a server.

The only home of pymysql.  Text leaves this package as the server built it; what to do with it is
decided above.
"""

from gmops_desktop.adapters.mysql.connection import MysqlConnection, Server, connect

__all__ = ["MysqlConnection", "Server", "connect"]
