import { dirname, relative, resolve } from 'node:path';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Which storey may import which; nothing imports upwards. Types count too.
const STOREYS = [
  ['src/core/', ['src/core/']],
  ['src/host/', ['src/core/', 'src/host/']],
  ['src/view/', ['src/core/', 'src/view/']],
  ['src/workflows/', ['src/core/', 'src/host/', 'src/view/', 'src/workflows/']],
  ['src/commands/', ['src/core/', 'src/host/', 'src/view/', 'src/workflows/', 'src/commands/']],
];

// host decides nothing: of the rooms where core decides, it imports types, and what reads back what host itself kept.
const DECIDING = /^src\/core\/(verdict|diagnosis|recovery|check)\//;
const READS_BACK = /^(parse|NO_)/;

/** Readers of logs stand in one folder, and who may use them is listed here: anyone can have written a line of a log. */
const READS_LOGS = /^src\/(core|host)\/logs\//;
const MAY_READ_LOGS =
  /^src\/((core|host)\/logs\/|core\/diagnosis\/(explain-failure|failure-facts|last-lines)\.ts|workflows\/(diagnosis\/(read-run-log|read-suspects)|recovery\/watcher)\.ts|commands\/(watch|history|status)\.ts|view\/(history|guard-status)\.ts)/;

const storeys = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const file = relative(import.meta.dirname, context.filename);
    const [, allowed] = STOREYS.find(([folder]) => file.startsWith(folder)) ?? [];
    const check = ({ source, specifiers = [], importKind }) => {
      if (source === null || !String(source.value).startsWith('.')) return;
      const target = relative(import.meta.dirname, resolve(dirname(context.filename), source.value));
      const complain = (message) =>
        context.report({ node: source, message: `${file}: ${message} ${target}` });
      if (allowed !== undefined && !allowed.some((folder) => target.startsWith(folder)))
        complain('this storey does not import');
      if (file.startsWith('src/') && READS_LOGS.test(target) && !MAY_READ_LOGS.test(file))
        complain('not among the readers of logs, and imports');
      const values =
        importKind === 'type'
          ? []
          : specifiers.filter(
              (one) => one.importKind !== 'type' && !READS_BACK.test(one.imported?.name ?? ''),
            );
      if (file.startsWith('src/host/') && DECIDING.test(target) && values.length > 0)
        complain('host decides nothing, and imports more than types of');
    };
    return {
      ImportDeclaration: check,
      ExportNamedDeclaration: check,
      ExportAllDeclaration: check,
      ImportExpression(node) {
        if (file.startsWith('src/') && node.source.type !== 'Literal')
          context.report({ node, message: 'an import that nobody can follow: name the file' });
        check(node);
      },
    };
  },
};

// Calls that do I/O or read the clock have no place in the decision.
const pureCore = {
  files: ['src/core/**/*.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ regex: '^(?!\\.)', message: 'src/core imports no package.' }] },
    ],
    'no-restricted-globals': [
      'error',
      'process',
      'console',
      'fetch',
      'setTimeout',
      'setInterval',
      'performance',
    ],
    'no-restricted-properties': [
      'error',
      { object: 'Date', property: 'now' },
      { object: 'Math', property: 'random' },
    ],
    'no-restricted-syntax': [
      'error',
      'AwaitExpression',
      'ThrowStatement',
      'NewExpression[callee.name="Date"][arguments.length=0]',
    ],
  },
};

export default tseslint.config(
  { ignores: ['dist/', '.tap/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
    },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  {
    files: ['src/**/*.ts'],
    plugins: { house: { rules: { storeys } } },
    rules: {
      'house/storeys': 'error',
      'no-restricted-globals': [
        'error',
        {
          name: 'performance',
          message: 'Use steadyMs(): deadlines are on its clock, and it loads no module.',
        },
      ],
    },
  },
  // tap's t.test takes async callbacks, whether they wait for something or not.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/require-await': 'off' } },
  pureCore,
);
