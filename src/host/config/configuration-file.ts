/** The configuration, TOML, needed for nothing (httpd-guard.toml(5)). Apart from its reader, which the start path does without. */
export const CONFIGURATION_FILE = '/etc/httpd-guard.toml';
