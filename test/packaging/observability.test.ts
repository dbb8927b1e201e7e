import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from '../../dev/binaries/run.ts';
import { findOnPath } from '../../dev/binaries/on-path.ts';
import { readAlerts, readDashboard, RULES } from '../support/observability.ts';

const promtool = await findOnPath(
  { name: 'promtool', versionArgs: ['--version'], wanted: 'any', accepts: () => true },
  process.env,
);

test('the dashboard has panels of their own id, that do not overlap, on a data source of the user', () => {
  const { panels, templating } = readDashboard();
  const [first, job] = templating.list;
  expect(first).toMatchObject({ name: 'datasource', type: 'datasource', query: 'prometheus' });
  expect(job).toMatchObject({ name: 'job', type: 'query' });
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { title, type, gridPos, datasource, targets = [] } of panels) {
    expect(gridPos.x + gridPos.w, title).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect(taken.has(`${x},${y}`), `${title} overlaps another`).toBe(false);
        taken.add(`${x},${y}`);
      }
    }
    if (type === 'row') continue;
    expect(targets.length, title).toBeGreaterThan(0);
    expect(new Set(targets.map(({ refId }) => refId)).size, title).toBe(targets.length);
    for (const source of [datasource, ...targets.map((target) => target.datasource)]) {
      expect(source, title).toEqual({ type: 'prometheus', uid: '${datasource}' });
    }
    for (const { expr } of targets) expect(expr, title).toContain('job=~"$job"');
  }
});

test('every alert says what to do, here and in docs/observability.md', () => {
  const headings = [...readFileSync('docs/observability.md', 'utf8').matchAll(/^### (.+)$/gm)];
  const alerts = readAlerts();
  expect(alerts.map(({ alert }) => alert)).toEqual(headings.map(([, heading]) => heading));
  for (const { alert, labels, annotations } of alerts) {
    const { summary, description, runbook_url: runbook } = annotations;
    expect(['critical', 'warning', 'info']).toContain(labels.severity);
    expect(summary.length, alert).toBeGreaterThan(10);
    expect(description.length, alert).toBeGreaterThan(30);
    expect(runbook).toBe(`docs/observability.md#${alert.toLowerCase()}`);
  }
});

test.skipIf(!promtool.found)('promtool finds nothing wrong with the rules', async () => {
  if (!promtool.found) return;
  await run(promtool.path, ['check', 'rules', RULES], { timeoutMs: 20_000 });
});
