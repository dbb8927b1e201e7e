import { OUTAGES, QUICK_OUTAGES } from './read-scenarios.ts';
import { trySeeds } from './support/try-seeds.ts';

trySeeds([...QUICK_OUTAGES, ...OUTAGES]);
