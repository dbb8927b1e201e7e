import { Type } from 'typebox';
import type { HttpServer } from '../../platform/http-types.ts';
import { ProblemError } from '../../platform/problem.ts';
import { problemResponses } from '../../platform/problem-schema.ts';
import { withTimeout } from '../../platform/timeout.ts';
import type { BuildStatus, ProjectionStatus } from '../../projections/status.ts';

/** What MongoDB and NATS do not answer in time is given up, in milliseconds. */
const STATUS_TIMEOUT_MS = 3_000;

const sequence = (description: string) => Type.Integer({ description });

const GroupView = Type.Object({
  id: Type.String({ description: 'Its durable consumer and its checkpoint.' }),
  sequence: sequence('Stream sequence up to which every event of the group shows.'),
  lagEvents: Type.Union([Type.Integer(), Type.Null()], {
    description: 'Events of the group that do not show yet; null where it has no consumer.',
  }),
  lagSeconds: Type.Number({ description: 'Age of the last event applied while there are newer.' }),
});

const ParkedView = Type.Object({
  accountId: Type.String(),
  sequence: sequence('Stream sequence of the event that cannot be applied.'),
  error: Type.String(),
  attempts: Type.Integer({ description: 'How often it was tried.' }),
  parkedAt: Type.String({ format: 'date-time' }),
});

const BuildView = Type.Object({
  number: Type.Integer(),
  shape: Type.Integer({ description: 'The projection’s version: what its documents look like.' }),
  state: Type.Union([Type.Literal('live'), Type.Literal('previous'), Type.Literal('building')]),
  groups: Type.Array(GroupView),
  parkedCount: Type.Integer({ description: 'Accounts whose next event cannot be applied.' }),
  parked: Type.Array(ParkedView, { description: 'The first ones by stream sequence.' }),
});

const ProjectionView = Type.Object({
  name: Type.String(),
  paused: Type.Boolean(),
  builds: Type.Array(BuildView),
});

const ProjectionList = Type.Object({ items: Type.Array(ProjectionView) });

/** How the projections stand, for operators: `status` asks MongoDB and NATS. */
export function projectionsRoute(
  server: HttpServer,
  status: () => Promise<readonly ProjectionStatus[]>,
): void {
  server.get(
    '/projections',
    {
      config: { scope: 'ops' },
      schema: {
        summary: 'How the read models stand: builds, lag, parked accounts',
        querystring: Type.Object({}, { additionalProperties: false }),
        response: {
          200: ProjectionList,
          ...problemResponses('invalid_request', 'unavailable'),
        },
      },
    },
    async (request) => {
      try {
        const found = await withTimeout(status(), STATUS_TIMEOUT_MS);
        return { items: found.map(projectionView) };
      } catch (error) {
        if (error instanceof ProblemError) throw error;
        request.log.warn({ error }, 'the projections cannot be asked');
        const detail = 'MongoDB or NATS does not answer right now';
        throw new ProblemError('unavailable', detail, { retryAfterSeconds: 1, cause: error });
      }
    },
  );
}

const projectionView = ({ name, paused, builds }: ProjectionStatus) => ({
  name,
  paused,
  builds: builds.map(buildView),
});

const buildView = ({ number, shape, state, groupStatus, parkedCount, parked }: BuildStatus) => ({
  number,
  shape,
  state,
  groups: groupStatus.map(({ lagEvents = null, ...group }) => ({ ...group, lagEvents })),
  parkedCount,
  parked: parked.map(({ accountId, sequence, error, attempts, parkedAt }) => {
    return { accountId, sequence, error, attempts, parkedAt: parkedAt.toISOString() };
  }),
});
