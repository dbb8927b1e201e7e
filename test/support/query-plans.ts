import type { Document } from 'mongodb';

/** The stages of a winning plan, from its root on, also those of the parts it is merged from. */
export function stagesOf(explained: Document): string[] {
  const planner = explained['queryPlanner'] as { readonly winningPlan: Document };
  return stagesBelow(planner.winningPlan);
}

function stagesBelow(plan: Document): string[] {
  const { stage, queryPlan, inputStage, inputStages } = plan as {
    readonly stage?: string;
    readonly queryPlan?: Document;
    readonly inputStage?: Document;
    readonly inputStages?: readonly Document[];
  };
  const below = [queryPlan, inputStage, ...(inputStages ?? [])].filter(
    (next) => next !== undefined,
  );
  return [...(stage === undefined ? [] : [stage]), ...below.flatMap(stagesBelow)];
}
