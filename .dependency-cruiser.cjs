// The layering of src/: arrows point inwards only. `npm run check:layers` fails on any other import,
// and test/layering.test.ts proves that it does.
const layer = (name, allowed) => ({
  name: `${name}-imports-inwards-only`,
  comment: `src/${name} may import ${allowed.length ? allowed.join(', ') : 'nothing else'} of src/`,
  severity: 'error',
  from: { path: `^src/${name}/` },
  to: { path: '^src/', pathNot: `^src/(${[name, ...allowed].join('|')})/` },
});

module.exports = {
  forbidden: [
    layer('account', []),
    layer('platform', []),
    layer('event-store', ['account']),
    layer('account-cmd', ['account', 'event-store', 'platform']),
    layer('projections', ['account', 'event-store', 'platform']),
    layer('account-query', ['account', 'event-store', 'projections', 'platform']),
    layer('cli', [
      'account',
      'event-store',
      'projections',
      'account-cmd',
      'account-query',
      'platform',
    ]),
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'sources-do-not-import-tools',
      comment: 'src/ never imports dev/, test/ or a development dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(test|contract)\\.ts$' },
      to: { path: '^(dev|test)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-dev-dependencies-in-sources',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(test|contract)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
