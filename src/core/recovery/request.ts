/** The word in a request that is no unit's name: httpd has started or reloaded, so that its sets are new. */
export const LOOK = 'look';
