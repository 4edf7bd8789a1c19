import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// Calls that do I/O or read the clock have no place in the decision.
const pureCore = {
  files: ['src/core/**/*.ts'],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ regex: '^(?!\\./)', message: 'src/core imports nothing outside itself.' }] },
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
  // tap's t.test takes async callbacks, whether they wait for something or not.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/require-await': 'off' } },
  pureCore,
);
