/** Proxy balancers, each with a mutex of its own: more than the lab's table has sets. */
export const BALANCERS = [
  ...['proxy_balancer', 'slotmem_shm', 'lbmethod_byrequests', 'proxy_http'].map(
    (name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`,
  ),
  ...Array.from(
    { length: 20 },
    (_, i) => `<Proxy balancer://b${i}>\nBalancerMember http://127.0.0.1:9000\n</Proxy>`,
  ),
  '',
].join('\n');
