# Starts nginx in the working directory, on a port.
cat >nginx.conf <<CONF
user root;
worker_processes 1;
daemon off;
pid nginx.pid;
error_log error.log info;
events { worker_connections 16; }
http {
	access_log access.log;
	client_body_temp_path body;
	proxy_temp_path proxy;
	fastcgi_temp_path fastcgi;
	uwsgi_temp_path uwsgi;
	scgi_temp_path scgi;
	server {
		listen 127.0.0.1:$1;
		root html;
	}
}
CONF
exec nginx -p . -c nginx.conf -e error.log
