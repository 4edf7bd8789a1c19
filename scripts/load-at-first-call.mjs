// An esbuild plugin. These modules add milliseconds to every start (Node 20; an empty start takes 24) and are rarely used.
// Each is replaced by functions that load the real module when one of them needs it.

const FUNCTIONS = {
  // 3 ms. The start path starts no child of its own.
  'node:child_process': `
    for (const name of ['spawn', 'spawnSync'])
      exports[name] = (...args) => require('node:child_process')[name](...args);`,
  // 6 ms and 1 MiB. yargs and dbus-next check their own arguments with it: only a check that fails needs the module.
  assert: `
    module.exports = (value, ...args) => value || require('node:assert')(value, ...args);
    module.exports.strictEqual = (a, b, ...args) => Object.is(a, b) || require('node:assert').strictEqual(a, b, ...args);
    module.exports.notStrictEqual = (a, b, ...args) => !Object.is(a, b) || require('node:assert').notStrictEqual(a, b, ...args);`,
  // 3 ms. dbus-next uses it for cookies, and authenticates by the uid of the process here.
  crypto: `
    for (const name of ['createHash', 'randomBytes'])
      exports[name] = (...args) => require('node:crypto')[name](...args);`,
  // 1 ms. Numbers of 64 bits without BigInt, which dbus-next makes only on request.
  jsbi: `
    for (const name of ['BigInt', 'greaterThan', 'lessThan'])
      exports[name] = (...args) => require('jsbi')[name](...args);`,
  // 25 ms, for an Intl.Segmenter and regular expressions of emoji. yargs lays out its help with it, also even for a command
  // that runs. The width of printable ASCII is its length.
  'string-width': `
    const asciiOrNull = (text) => (typeof text === 'string' && /^[\\x20-\\x7e]*$/.test(text) ? text.length : null);
    export default (text, ...options) => asciiOrNull(text) ?? require('string-width').default(text, ...options);`,
  // 3 ms. dbus-next describes exported objects with it, and reads descriptions for proxies; httpd-guard uses neither.
  xml2js: `
    exports.Builder = class {
      constructor(options) {
        this.options = options;
      }
      buildObject(...args) {
        return new (require('xml2js').Builder)(this.options).buildObject(...args);
      }
    };
    Object.defineProperty(exports, 'Parser', { get: () => require('xml2js').Parser });`,
};

export const LOAD_AT_FIRST_CALL = 'load-at-first-call';

export const loadAtFirstCall = {
  name: LOAD_AT_FIRST_CALL,
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(${Object.keys(FUNCTIONS).join('|')})$`);
    onResolve({ filter }, ({ path, namespace, resolveDir }) =>
      // The suffix keeps two importers apart, each with a version of its own.
      namespace === LOAD_AT_FIRST_CALL
        ? undefined
        : { path, namespace: LOAD_AT_FIRST_CALL, suffix: `?from=${resolveDir}`, pluginData: resolveDir },
    );
    onLoad({ filter: /./, namespace: LOAD_AT_FIRST_CALL }, ({ path, pluginData: resolveDir }) => ({
      contents: FUNCTIONS[path],
      resolveDir,
    }));
  },
};
