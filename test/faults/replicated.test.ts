import { REPLICATED } from './scenarios.ts';
import { trySeeds } from './support/try-seeds.ts';

trySeeds(REPLICATED);
