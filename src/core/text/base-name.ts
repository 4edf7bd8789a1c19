/** The last part of a path: "/usr/sbin/httpd" gives "httpd". */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
