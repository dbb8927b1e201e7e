import { expect, test } from 'vitest';
import { missingIn } from './promql.ts';

const metrics = new Map([
  ['jetbank_appends_total', { type: 'counter', labels: new Set(['outcome']) }],
  ['jetbank_append_duration_seconds', { type: 'histogram', labels: new Set<string>() }],
]);

test.each<[string, string[], string[]]>([
  ['sum by (outcome) (rate(jetbank_appends_total{job="a", outcome=~"x|y"}[5m]))', [], []],
  ['jetbank_appends_total', ['{{outcome}} {{ $labels.instance }}'], []],
  ['histogram_quantile(0.9, sum by (le) (jetbank_append_duration_seconds_bucket))', [], []],
  ['jetbank_append_duration_seconds', [], ['jetbank_append_duration_seconds']],
  ['jetbank_append_total > 0', [], ['jetbank_append_total']],
  ['jetbank_appends_total{result="x"}', [], ['jetbank_appends_total{result}']],
  ['sum by (result) (jetbank_appends_total)', [], ['{result}']],
  ['a * on (job) group_left (kind) jetbank_appends_total', [], ['{kind}']],
  ['jetbank_appends_total', ['{{cause}}'], ['{cause}']],
])('%s with %j lacks %j', (query, templates, missing) => {
  expect(missingIn(query, templates, metrics)).toEqual(missing);
});
