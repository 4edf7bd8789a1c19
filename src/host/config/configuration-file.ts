/** The optional configuration file, TOML (httpd-guard.toml(5)). Separate from its reader, which the start path does not load. */
export const CONFIGURATION_FILE = '/etc/httpd-guard.toml';
